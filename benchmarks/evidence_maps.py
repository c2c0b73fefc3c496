"""Maps of drawn coins by name: those of the network, those of the matching, and nulls that know less."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import torch
from evidence_study import BATCH, CANTONS, DEVICE, SYMBOL_CENTRE, Maps, Studied, squares

from coin_xai.attribution import Attributor
from coin_xai.attribution.methods import MapMethod
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.fixed_clusters import given_clusters
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.matching.match_maps import MatchMaps
from coin_xai.networks import Network, normalise
from coin_xai.photographs.pixels import Pixels
from tasks.photographs.cells import read_cells

METHODS: tuple[MapMethod, ...] = ("hires_cam", "grad_cam")


def all_maps(studied: Studied, epochs: int) -> Mapping[str, Maps]:
    """Return maps by name: those of the network, and those of nulls (coins x h x w each)."""
    network, unit = studied.network, studied.class_index
    found: dict[str, Maps] = dict(explained(network, studied, unit, METHODS))
    lead = found["hires_cam"]
    other = (unit + 1) % network.head.out_features
    found["null: another cluster"] = explained(network, studied, other, METHODS[:1])["hires_cam"]
    by_chance = np.random.default_rng(0).permutation(unit)
    for name, taught, passes in (("untrained", unit, 0), ("shuffled clusters", by_chance, epochs)):
        control = trained_on(studied, taught, passes)
        found[f"null: {name}"] = explained(control, studied, taught, METHODS[:1])["hires_cam"]
    found["null: mean map"] = np.broadcast_to(np.maximum(lead, 0).mean(axis=0), lead.shape)
    return found | dict(_without_network(studied))


def _without_network(studied: Studied) -> Iterator[tuple[str, Maps]]:
    cells = studied.coin.shape[-1]
    down, across = ((np.indices((cells, cells)) + 0.5) / cells - 0.5) * 2
    blobs = sum(
        np.exp(-((across - SYMBOL_CENTRE * x) ** 2 + (down - SYMBOL_CENTRE * y) ** 2) / (2 * 0.15**2))
        for x, y in CANTONS
    )
    ring = np.exp(-((np.hypot(across, down) - 0.6) ** 2) / (2 * 0.15**2))
    everywhere = (len(studied.coin), cells, cells)
    yield "null: four blobs", np.broadcast_to(blobs, everywhere)
    yield "null: ring", np.broadcast_to(ring, everywhere)
    yield "null: edge strength", np.stack([_edges(one, cells) for one in squares(studied.shown, 128)])
    yield "null: all of the coin", studied.coin
    yield "null: all of the square", np.ones(everywhere)


def _edges(square: npt.NDArray[np.uint8], cells: int) -> Maps:
    strength = np.hypot(*np.gradient(square.mean(axis=0)))
    at = (np.arange(len(strength)) * cells) // len(strength)
    total = np.zeros((cells, cells))
    np.add.at(total, (at[:, None], at), strength)
    return total


def trained_on(
    studied: Studied,
    taught: npt.NDArray[np.int64],
    epochs: int,
    *,
    shown: Pixels | None = None,
    seed: int | None = None,
) -> Network:
    """Return a network that learnt clusters for so many epochs, with a head that was fitted to them.

    Args:
        studied: the issue.
        taught: the cluster of each coin that is shown, from 0 on.
        epochs: how long to learn.
        shown: the coins that it learns from; all of the issue without it.
        seed: of the training; the issue's own without it.
    """
    shown = studied.shown if shown is None else shown
    seed = studied.options.seed if seed is None else seed
    chosen = {
        "clustering": "given",
        "description": "auto",
        "k": int(taught.max()) + 1,
        "seed": seed,
    }
    options = studied.options.model_copy(update=chosen)
    trainer = DeepCluster(shown, options, device=DEVICE)
    trainer.shown = shown
    trainer.fixed_clusters.take_clusters(given_clusters(taught))
    for _ in range(epochs):
        trainer.run_epoch()
    network = trainer.network
    features = extract_features(
        network,
        shown,
        centre_crop=options.centre_crop,
        batch_size=BATCH,
        device=DEVICE,
        advance=lambda _: None,
    )
    head = fit_head(features, taught)
    units, features_count = head.weight.shape
    network.head = torch.nn.Linear(features_count, units)
    network.head.load_state_dict({"weight": head.weight, "bias": head.bias})
    return network.eval()


def explained(
    network: Network, studied: Studied, unit: npt.NDArray[np.int64], methods: tuple[MapMethod, ...]
) -> dict[str, Maps]:
    """Return the maps of all coins, by method, as this network explains one unit for each."""
    attributor = Attributor(network, layer=studied.layer)
    parts: list[dict[str, Maps]] = []
    given = squares(studied.shown, network.input_size_px)
    for start in range(0, len(given), BATCH):
        some = slice(start, start + BATCH)
        photographs = normalise(torch.from_numpy(given[some]))
        found = attributor.attribute(photographs, torch.from_numpy(unit[some]), methods=methods)
        parts.append({method: found.maps[method].numpy() for method in methods})
    return {method: np.concatenate([part[method] for part in parts]) for method in methods}


def match_maps(studied: Studied) -> Mapping[str, Maps]:
    """Return match maps by name: those of the clusters, and of clusters that were shuffled."""
    cells = read_cells(studied.layout, len(studied.drawn))
    by_chance = np.random.default_rng(0).permutation(studied.class_index)
    everyone = np.arange(len(cells))
    shuffled = MatchMaps(cells, by_chance, device=DEVICE).of(everyone)
    assert studied.matched is not None
    return {"match": studied.matched.maps, "null of match: shuffled clusters": shuffled.maps}
