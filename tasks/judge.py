"""Compares partitions with what is known of the coins, and with partitions that learnt nothing."""

import pandas as pd

from coin_xai.agreement import Agreement, agreement
from coin_xai.deepcluster.partition import Clustering
from coin_xai.deepcluster.training import DeepCluster
from tasks.metrics import Metrics
from tasks.progress import stage

BASELINE = "baseline_ami_to_label"


class Judge:
    """Agreement of each partition with one column of the table of coins, which is never learnt.

    The column `baseline_ami_to_label` is that of a clustering of gradient histograms; the row of epoch 0 is
    that of the network before it learnt anything. A training is worth what it adds to both.
    """

    def __init__(
        self, coins: pd.DataFrame, label: str | None, trainer: DeepCluster, metrics: Metrics
    ) -> None:
        """Look up the labels; the baseline is computed once a run.

        Args:
            coins: the table of coins, in the order of the trainer's photographs.
            label: column to compare with; None compares with nothing.
            trainer: has the photographs.
            metrics: the rows so far, which may know the baseline.
        """
        self._label = label
        if label is None:
            return
        self._known = coins[label].notna().to_numpy()
        self._labels = coins[label][self._known].astype(str).to_numpy()
        baselines = [row[BASELINE] for row in metrics.rows() if row.get("label") == label]
        if baselines:
            self._baseline = float(baselines[0])
        else:
            with stage("baseline", len(coins)) as advance:
                self._baseline = self._compare(trainer.baseline(advance=advance)).ami

    def figures(self, clustering: Clustering) -> dict[str, float | str]:
        """Return the figures of a partition by name; none without a label."""
        if self._label is None:
            return {}
        found = self._compare(clustering)
        return {
            "label": self._label,
            "ami_to_label": found.ami,
            "nmi_to_label": found.nmi,
            "ari_to_label": found.ari,
            BASELINE: self._baseline,
        }

    def _compare(self, clustering: Clustering) -> Agreement:
        return agreement(self._labels, clustering.cluster[self._known])
