"""Measures the coins of a run for claims, chunk by chunk: what a kill interrupts is not measured again."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.claims.controls import taught
from coin_xai.claims.measurements import Donor, Sight, Subject, measure
from coin_xai.claims.options import PartsModel
from coin_xai.common.device import best_device
from coin_xai.common.random_streams import stream
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.networks import Network
from coin_xai.networks.names import ALIGNED
from storage import checkpoints
from storage.fingerprint import fingerprint
from storage.layout import ClaimsLayout, ExplanationLayout, RunLayout
from storage.markers import committing, is_done
from storage.tables import read_frame
from tasks.checkpoint import Checkpoint
from tasks.claims.coins import see_coins
from tasks.claims.marked import MarkedParts, divided_by
from tasks.collection import Chunk, chunks
from tasks.explaining.attribute import network_of, untrained_network
from tasks.photographs.outlines import open_shown
from tasks.running.progress import stage

CLAIMS_VERSION = "claims-3"
"""Changes whenever the same run would be measured otherwise."""

SUBJECTS = 3
"""The network, the same untrained, and the same taught shuffled clusters."""
COINS, MEASURED = "coins.parquet", "measured.parquet"


def measure_run(
    layout: RunLayout,
    explanation: ExplanationLayout,
    *,
    epoch: int,
    model: PartsModel,
    marked: MarkedParts | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure all coins of an explanation that are not measured yet; the run's lock is held.

    Args:
        layout: the run.
        explanation: whose coins and clusters are asked about.
        epoch: of the checkpoint.
        model: the parts to divide coins into.
        marked: the parts that a table gives, where the model is `table`; chunks with coins that are marked
            otherwise than they were are measured anew.

    Returns:
        One row a coin with what was seen of it, and one row a coin and source with what was measured.
    """
    claims = layout.claims(epoch, model)
    coins = read_frame(explanation.assignments).sort_values("coin_id", kind="stable").reset_index(drop=True)
    every = list(chunks(explanation, sorted(coins["cluster"].unique().tolist())))
    asked = _Asked(layout, coins, Checkpoint.load(layout, epoch))
    checkpoint = checkpoints.hash_of(layout, epoch)
    with stage("measure for claims", SUBJECTS * len(coins)) as advance:
        for chunk in every:
            folder = claims.coins(*chunk.place)
            parts = divided_by(model, marked, chunk.coins["coin_id"].tolist())
            made_of = fingerprint([CLAIMS_VERSION, parts, checkpoint, chunk.fingerprint(explanation)])
            if is_done(folder, made_of, verify="size"):
                advance(SUBJECTS * len(chunk.coins))
                continue
            seen = see_coins(
                layout,
                chunk.coins,
                asked.options,
                size_px=asked.network.input_size_px,
                model=model,
                marked=marked,
            )
            measured = measure(
                chunk.coins["coin_id"].tolist(),
                seen.squares,
                seen.groundwork,
                asked.subjects_of(chunk.coins["coin_id"].tolist()),
                sight=sight_of(asked.options),
                seed=asked.options.seed,
                backgrounds=asked.backgrounds_for(chunk.coins, model),
                cantons=asked.cantons_for(chunk.coins, model),
                advance=advance,
            )
            with committing(folder, made_of) as temporary:
                seen.table.to_parquet(temporary / COINS, index=False)
                measured.to_parquet(temporary / MEASURED, index=False)
    return _read(claims, every, COINS), _read(claims, every, MEASURED)


def sight_of(options: TrainingOptions) -> Sight:
    """Return what a network sees that is trained so: some are shown coins alone, in grey."""
    whole = options.network not in ALIGNED
    return Sight(background=whole and options.background == "keep", colour=whole and not options.sobel)


class _Asked:
    """The networks that are asked; the heads of the controls are fitted when the first chunk wants them."""

    def __init__(self, layout: RunLayout, coins: pd.DataFrame, checkpoint: Checkpoint) -> None:
        """Bind all coins of the explanation, by coin_id."""
        self._layout, self._coins = layout, coins
        self.network, self.options = network_of(checkpoint)
        self._class_index = coins["class_index"].to_numpy(dtype=np.int64, copy=True)
        self._dealt = stream(self.options.seed, "shuffled clusters").permutation(self._class_index)
        self._row = {coin_id: row for row, coin_id in enumerate(coins["coin_id"])}

    def subjects_of(self, coin_ids: list[str]) -> list[Subject]:
        """Return the network and its controls, with the clusters of some coins."""
        rows = [self._row[coin_id] for coin_id in coin_ids]
        own, dealt = self._class_index[rows], self._dealt[rows]
        untrained, shuffled = self._controls
        return [
            Subject("network", self.network, own),
            Subject("untrained", untrained, own),
            Subject("shuffled", shuffled, dealt),
        ]

    def backgrounds_for(self, coins: pd.DataFrame, model: PartsModel) -> list[Donor]:
        """Return a coin of another cluster for each of some coins, where the network sees backgrounds."""
        if not sight_of(self.options).background or self._coins["cluster"].nunique() < 2:
            return []
        every = self._coins["cluster"].to_numpy()
        others = [np.flatnonzero(every != cluster) for cluster in coins["cluster"]]
        return self._donors("background", coins, others, model)

    def cantons_for(self, coins: pd.DataFrame, model: PartsModel) -> list[Donor]:
        """Return any other coin for each of some coins, where coins have cantons.

        It may bear what stands in their own canton or not: which of both is chance, and so an experiment.
        """
        if model != "cross" or len(self._coins) < 2:
            return []
        every = self._coins["coin_id"].to_numpy()
        others = [np.flatnonzero(every != coin_id) for coin_id in coins["coin_id"]]
        return self._donors("canton", coins, others, model)

    def _donors(
        self, what: str, coins: pd.DataFrame, others: list[npt.NDArray[np.int64]], model: PartsModel
    ) -> list[Donor]:
        """Draw one of its others for each of some coins, and look at them."""
        rows = [
            int(stream(self.options.seed, f"{what} of {coin_id}").choice(own))
            for coin_id, own in zip(coins["coin_id"], others, strict=True)
        ]
        chosen = self._coins.iloc[rows]
        size_px = self.network.input_size_px
        seen = see_coins(self._layout, chosen, self.options, size_px=size_px, model=model)
        return [
            Donor(coin_id, square.transpose(1, 2, 0), known)
            for coin_id, square, known in zip(chosen["coin_id"], seen.squares, seen.groundwork, strict=True)
        ]

    @cached_property
    def _controls(self) -> tuple[Network, Network]:
        untrained = untrained_network(self.options, self.network)
        return self._fitted(untrained, self._class_index), self._fitted(self.network, self._dealt)

    def _fitted(self, network: Network, class_index: npt.NDArray[np.int64]) -> Network:
        """Return a network with a head that is fitted to some clusters as that of the run was."""
        with stage("fit a control", len(self._coins)) as advance:
            return taught(
                network,
                open_shown(self._layout, self._coins, self.options),
                class_index,
                centre_crop=self.options.centre_crop,
                device=best_device(),
                advance=advance,
            )


def _read(claims: ClaimsLayout, every: list[Chunk], name: str) -> pd.DataFrame:
    return pd.concat([read_frame(claims.coins(*chunk.place) / name) for chunk in every], ignore_index=True)
