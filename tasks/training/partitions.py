"""Partitions as tables: one row a coin."""

import pandas as pd
import torch

from coin_xai.clustering.partition import Clustering
from coin_xai.deepcluster.partitioning import Outcome


def partition_table(coins: pd.DataFrame, clustering: Clustering) -> pd.DataFrame:
    """Return the cluster of every coin, its class and its squared distance to the centroid.

    The distance is among what was clustered: whitened features, or places in the graph of what matches. How
    sure each cluster is, and how those who gave it called it, are columns where they are known.
    """
    table = pd.DataFrame(
        {
            "coin_id": coins["coin_id"],
            "path": coins["path"],
            "cluster": clustering.cluster,
            "class_index": clustering.class_index,
            "distance": clustering.distance,
        }
    )
    if clustering.stability is not None:
        table["stability"] = clustering.stability
    if clustering.names is not None:
        table["cluster_name"] = [clustering.names[one] for one in clustering.cluster]
    return table


def final_table(coins: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the same of the last partition, distances among whitened features, and what the head says."""
    clustering, logits = outcome.clustering, torch.from_numpy(outcome.head.logits)
    class_index = torch.from_numpy(clustering.class_index)
    own = logits.gather(1, class_index[:, None])[:, 0]
    rivals = logits.scatter(1, class_index[:, None], -torch.inf)
    rival, rival_class = rivals.max(dim=1)
    head_class = logits.argmax(dim=1)
    to_cluster = clustering.class_to_cluster
    return partition_table(coins, clustering).assign(
        score=own.numpy(),
        margin=(own - rival).numpy(),
        runner_up_cluster=to_cluster[rival_class.numpy()],
        head_cluster=to_cluster[head_class.numpy()],
        head_agrees=(head_class == class_index).numpy(),
    )
