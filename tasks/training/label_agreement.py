"""Compares partitions with what is known of the coins, and with partitions that learnt nothing."""

import pandas as pd

from coin_xai.clustering.agreement import Agreement, agreement
from coin_xai.clustering.partition import Clustering
from coin_xai.deepcluster.trainer import Trainer
from tasks.running.progress import stage
from tasks.training.metrics import Metrics

BASELINE = "baseline_ami_to_label"
UNTRAINED = "untrained_ami_to_label"


class LabelAgreement:
    """Agreement of each partition with one column of the table of coins, which is never learnt.

    Beside it stand two partitions that learnt nothing: `baseline_ami_to_label` is that of gradient
    histograms, `untrained_ami_to_label` that of the network's features before its first epoch. A training is
    worth what it adds to both.
    """

    def __init__(self, coins: pd.DataFrame, label: str | None, trainer: Trainer, metrics: Metrics) -> None:
        """Look up the labels; what learnt nothing is clustered once a run.

        Args:
            coins: the table of coins, in the order of the trainer's photographs.
            label: column to compare with; None compares with nothing.
            trainer: has the photographs.
            metrics: the rows so far, which may know what learnt nothing.
        """
        self._label = label
        if label is None:
            return
        self._nothing_learnt: dict[str, float | None]
        self._known = coins[label].notna().to_numpy()
        self._labels = coins[label][self._known].astype(str).to_numpy()
        known = [row for row in metrics.rows() if row.get("label") == label]
        if known:
            self._nothing_learnt = {name: known[0].get(name) for name in (BASELINE, UNTRAINED)}
            return
        with stage("baseline", len(coins)) as advance:
            self._nothing_learnt = {BASELINE: self._compare(trainer.baseline(advance=advance)).ami}
        if trainer.epochs_done == 0:  # else this label came too late
            with stage("untrained network", len(coins)) as advance:
                self._nothing_learnt[UNTRAINED] = self._compare(trainer.untrained(advance=advance)).ami

    def figures(self, clustering: Clustering) -> dict[str, float | str | None]:
        """Return the figures of a partition by name; none without a label."""
        if self._label is None:
            return {}
        found = self._compare(clustering)
        return {
            "label": self._label,
            "ami_to_label": found.ami,
            "nmi_to_label": found.nmi,
            "ari_to_label": found.ari,
            **self._nothing_learnt,
        }

    def _compare(self, clustering: Clustering) -> Agreement:
        return agreement(self._labels, clustering.cluster[self._known])
