from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from coin_xai.clustering.partition import Clustering
from coin_xai.deepcluster.head import FittedHead
from coin_xai.deepcluster.partitioning import Epoch, Outcome
from tasks.training.partitions import final_table, partition_table

COINS = pd.DataFrame({"coin_id": ["a", "b", "c"], "path": ["a.jpg", "b.jpg", "c.jpg"]})


def test_the_final_table_names_clusters_where_the_head_has_classes():
    # Cluster 1 is empty: the head's unit 1 is cluster 2.
    clustering = Clustering(
        cluster=np.array([0, 2, 2]),
        distance=np.array([0.1, 0.2, 0.3], dtype=np.float32),
        centroids=np.zeros((3, 2), dtype=np.float32),
    )
    logits = np.array([[3, 1], [0, 2], [5, 1]], dtype=np.float32)
    head = FittedHead(torch.zeros(2, 4), torch.zeros(2), logits, fit=2 / 3, weight_penalty=1e-2)
    table = final_table(COINS, Outcome(Epoch(1, clustering, {}), None, clustering, head))
    assert table["class_index"].tolist() == [0, 1, 1]
    assert table["score"].tolist() == [3, 2, 1]
    assert table["margin"].tolist() == [2, 2, -4]
    assert table["runner_up_cluster"].tolist() == [2, 0, 0]
    assert table["head_cluster"].tolist() == [0, 2, 0]
    assert table["head_agrees"].tolist() == [True, True, False]


def test_stability_and_names_are_columns_where_they_are_known():
    plain = Clustering(np.array([1, 0, 1]), np.zeros(3, np.float32), np.zeros((2, 1), np.float32))
    assert not {"stability", "cluster_name"} & set(partition_table(COINS, plain))
    known = replace(plain, stability=np.array([1, 0.5, 0.25], np.float32), names=("axe", "star"))
    table = partition_table(COINS, known)
    assert table["stability"].tolist() == [1, 0.5, 0.25]
    assert table["cluster_name"].tolist() == ["star", "axe", "star"]
