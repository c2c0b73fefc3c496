"""Compares partitions with what is known of the coins, and with partitions that learnt nothing."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.clustering.agreement import Agreement, agreement
from coin_xai.deepcluster.diagnostics import diagnose
from coin_xai.deepcluster.trainer import Trainer
from storage.atomic import write_frame
from storage.errors import DamagedError
from storage.fingerprint import fingerprint
from storage.layout import RunLayout
from storage.tables import FROM_COPY, read_frame
from tasks.collection import training_of
from tasks.running.progress import stage
from tasks.training.metrics import Metrics, Row
from tasks.training.training_curves import draw_training_curves

log = logging.getLogger(__name__)

BASELINE = "baseline_ami_to_label"
UNTRAINED = "untrained_ami_to_label"
FIGURES = {"hog": BASELINE, "untrained": UNTRAINED}
"""Which figure each column of the table of baselines gives."""


class LabelAgreement:
    """Agreement of each partition with one column of the table of coins, which is never learnt.

    Beside it stand two partitions that learnt nothing: `baseline_ami_to_label` is that of gradient
    histograms, `untrained_ami_to_label` that of the network's features before its first epoch. A training is
    worth what it adds to both.
    """

    def __init__(self, coins: pd.DataFrame, label: str | None, baselines: pd.DataFrame | None) -> None:
        """Look up the labels.

        Args:
            coins: the table of coins, in the order of the partitions.
            label: column to compare with; None compares with nothing.
            baselines: of the same coins, as `keep_baselines` returns them; None without a label.
        """
        self._label = label
        if label is None or baselines is None:
            return
        self._known = coins[label].notna().to_numpy()
        self._labels = coins[label][self._known].astype(str).to_numpy()
        self._nothing_learnt = {
            figure: self._compare(baselines[column].to_numpy()).ami
            for column, figure in FIGURES.items()
            if column in baselines
        }

    @property
    def compared_with(self) -> Row:
        """Which labels it compares with: their column, and a fingerprint of their values."""
        if self._label is None:
            return {}
        values = [self._known.tolist(), self._labels.tolist()]
        # A hash of digits alone would come back from a CSV file as a number.
        return {"label": self._label, "label_values": f"sha256:{fingerprint(values)}"}

    def figures(self, cluster: npt.NDArray[np.int64]) -> Row:
        """Return the figures of a partition by name (cluster of each coin: N); none without a label."""
        if self._label is None:
            return {}
        found = self._compare(cluster)
        return {
            **self.compared_with,
            "ami_to_label": found.ami,
            "nmi_to_label": found.nmi,
            "ari_to_label": found.ari,
            **self._nothing_learnt,
        }

    def _compare(self, cluster: npt.NDArray[np.int64]) -> Agreement:
        return agreement(self._labels, cluster[self._known])


def keep_baselines(layout: RunLayout, coins: pd.DataFrame, trainer: Trainer) -> pd.DataFrame:
    """Return the partitions of a run that learnt nothing, made and kept if nobody did before.

    Args:
        layout: the run, whose lock is held.
        coins: its usable coins.
        trainer: has their photographs.

    Returns:
        coin_id, `hog` and `untrained`: the clusters of each coin, in the order of the coins. There is no
        `untrained` where somebody asks for the first time after the network has learnt.
    """
    if not layout.baselines.exists():
        with stage("baseline", len(coins)) as advance:
            found = {"hog": trainer.baseline(advance=advance).cluster}
        if trainer.epochs_done == 0:
            with stage("untrained network", len(coins)) as advance:
                found["untrained"] = trainer.untrained(advance=advance).cluster
        write_frame(layout.baselines, pd.DataFrame({"coin_id": coins["coin_id"], **found}))
    return read_baselines(layout, coins)


def read_baselines(layout: RunLayout, coins: pd.DataFrame) -> pd.DataFrame:
    """Return the partitions of a run that learnt nothing, as `keep_baselines` made them.

    Args:
        layout: the run.
        coins: its usable coins.

    Returns:
        coin_id, `hog` and, where it is known, `untrained`: the clusters of each coin, in the order of the
        coins.

    Raises:
        MissingError: nobody has made them.
        DamagedError: the table cannot be read, or lacks a coin.
    """
    return _read_of(coins, layout.baselines, remedy="remove it, and train the run for one more epoch")


def compare_again(layout: RunLayout, coins: pd.DataFrame, label: str | None) -> None:
    """Compare all epochs anew whose labels were other ones than those that the table of coins has now.

    The partitions are there, and what learnt nothing is: no photograph is looked at.

    Args:
        layout: the run, whose lock is held.
        coins: its usable coins.
        label: column to compare with; None leaves the figures as they are.

    Raises:
        DamagedError: a partition cannot be read, or lacks a coin.
    """
    if label is None or not layout.baselines.exists():
        return
    judge = LabelAgreement(coins, label, read_baselines(layout, coins))
    metrics = Metrics(layout)
    stale = [row for row in metrics.rows() if not judge.compared_with.items() <= row.items()]
    changed = [int(row["epoch"]) for row in stale if layout.assignments(int(row["epoch"])).exists()]
    for epoch in changed:
        table = _read_of(coins, layout.assignments(epoch), ["coin_id", "cluster"])
        metrics.keep({"epoch": epoch, **judge.figures(table["cluster"].to_numpy(np.int64))})
        warnings = diagnose(metrics.rows(epoch), n_coins=len(coins), k=training_of(layout).k)
        metrics.keep({"epoch": epoch, "warnings": " ".join(warnings)})
    if changed:
        draw_training_curves(layout, metrics.rows())
        log.info(
            "the labels '%s' have changed: compared %d epochs with them again",
            label,
            len(changed),
        )


def _read_of(
    coins: pd.DataFrame, file: Path, columns: list[str] | None = None, *, remedy: str = FROM_COPY
) -> pd.DataFrame:
    """Return a table with a row a coin, in the order of the coins."""
    table = read_frame(file, columns, remedy=remedy).set_index("coin_id", drop=False)
    lacking = coins.loc[~coins["coin_id"].isin(table.index), "coin_id"]
    if len(lacking):
        raise DamagedError(f"{file} lacks {', '.join(lacking[:5])}; {remedy}")
    return table.loc[coins["coin_id"]].reset_index(drop=True)
