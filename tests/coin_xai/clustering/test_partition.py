import numpy as np
import pytest

from coin_xai.clustering.partition import Clustering


def test_class_index_is_the_rank_among_non_empty_clusters():
    partition = Clustering(
        cluster=np.array([0, 4, 2, 2]),
        distance=np.array([1, 2, 3, 4], np.float32),
        centroids=np.zeros((5, 2), np.float32),
    )
    assert partition.sizes.tolist() == [1, 0, 2, 0, 1]
    assert partition.class_to_cluster.tolist() == [0, 2, 4]
    assert partition.class_index.tolist() == [0, 2, 1, 1]
    assert (partition.class_to_cluster[partition.class_index] == partition.cluster).all()
    assert partition.objective == pytest.approx(2.5)
