import copy

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import spearmanr
from torch import nn

from coin_xai.attribution import Attributor
from coin_xai.errors import OptionError
from coin_xai.evidence.sanity import SANITY_METHODS, cascade, sanity, verdicts
from coin_xai.mint import Issue, mint
from coin_xai.networks import build, normalise

COINS = 6


@pytest.fixture(scope="module")
def photographs():
    drawn = [coin.photograph for coin in mint(Issue(coins=COINS, types=3, seed=2, size_px=256))]
    squares = [np.asarray(Image.fromarray(one).resize((224, 224))).transpose(2, 0, 1) for one in drawn]
    return normalise(torch.from_numpy(np.stack(squares)))


@pytest.fixture(scope="module")
def network():
    network = build("alexnet", k=4, generator=torch.Generator().manual_seed(3), width=1 / 16)
    with torch.no_grad():
        network.head.weight.mul_(20)
        for layer in network.classifier:
            if isinstance(layer, nn.Linear):
                layer.weight.mul_(8)
    return network.eval()


@pytest.fixture(scope="module")
def class_index():
    return torch.arange(COINS) % 4


@pytest.fixture(scope="module")
def table(network, photographs, class_index):
    return sanity(
        network,
        photographs,
        class_index,
        layer=network.attribution_layer,
        units=4,
        generator=torch.Generator().manual_seed(1),
    )


def test_there_is_a_row_for_every_layer_method_and_coin(table):
    layers = 1 + 2 + 5  # head, two fully connected, five convolutions
    assert len(table) == (layers + 1) * len(SANITY_METHODS) * COINS
    random = table[table["test"] == "randomised"]
    assert random.drop_duplicates("depth")["layer"].tolist()[:3] == ["head", "classifier.4", "classifier.1"]


def test_what_does_not_look_at_the_class_does_not_change_with_it(table):
    other = table[table["test"] == "other cluster"].groupby("method")["rank_correlation"].mean()
    assert other["fem"] == pytest.approx(1)
    assert other["grad_cam"] < 0.9


def test_what_looks_at_maps_alone_survives_a_random_head(table):
    first = table[table["depth"] == 1].groupby("method")["rank_correlation"].mean()
    assert first["fem"] == pytest.approx(1)
    assert first["grad_cam"] < 0.9


def test_guided_backpropagation_hardly_reacts_where_grad_cam_does(table):
    condensed = verdicts(table).set_index("method")
    assert condensed.loc["guided_backpropagation", "head_randomised"] > 0.8
    assert (
        condensed.loc["grad_cam", "head_randomised"]
        < condensed.loc["guided_backpropagation", "head_randomised"]
    )


def test_rank_correlations_are_those_of_scipy(network, photographs, class_index, table):
    layer = network.attribution_layer
    name, random = next(cascade(network, torch.Generator().manual_seed(1)))
    assert name == "head"
    before, after = (
        Attributor(one, layer=layer)
        .attribute(photographs, class_index, methods=["hires_cam"])
        .maps["hires_cam"]
        .clamp(min=0)
        .flatten(1)
        for one in (network, random)
    )
    found = table[(table["depth"] == 1) & (table["method"] == "hires_cam")].set_index("coin")
    for coin in range(COINS):
        if before[coin].max() > 0 and after[coin].max() > 0:
            expected = spearmanr(before[coin], after[coin]).statistic
            assert found.loc[coin, "rank_correlation"] == pytest.approx(expected, abs=1e-9)
        else:
            assert np.isnan(found.loc[coin, "rank_correlation"])


def test_the_network_is_not_touched(network, photographs, class_index):
    before = copy.deepcopy(network.state_dict())
    network.train()
    sanity(
        network,
        photographs[:1],
        class_index[:1],
        layer=network.attribution_layer,
        units=4,
        generator=torch.Generator(),
        methods=["grad_cam"],
    )
    assert network.training
    network.eval()
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_cascade_keeps_mean_and_spread_and_the_sobel_front(network):
    *_, (_, random) = cascade(network, torch.Generator().manual_seed(0))
    for (name, old), (_, new) in zip(network.state_dict().items(), random.state_dict().items(), strict=True):
        if name.startswith("sobel") or "running" in name:
            assert torch.equal(old, new)
        elif old.ndim > 1 and old.numel() > 2000:
            assert not torch.equal(old, new)
            assert new.std() == pytest.approx(float(old.std()), rel=0.1)


def test_a_cascade_leaves_a_pretrained_front_as_it_is():
    trained = build("gridnet", k=3, generator=torch.Generator().manual_seed(1), front="both")
    names = [name for name, _random in cascade(trained, torch.Generator().manual_seed(0))]
    assert names == ["head", "features.4", "features.1"]


def test_a_head_with_one_unit_is_refused(network, photographs):
    with pytest.raises(OptionError, match="no other cluster"):
        sanity(
            network,
            photographs,
            torch.zeros(COINS, dtype=torch.int64),
            layer=network.attribution_layer,
            units=1,
            generator=torch.Generator(),
        )
