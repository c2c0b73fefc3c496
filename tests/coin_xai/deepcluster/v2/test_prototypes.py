import numpy as np
import pytest
import torch
from torch.nn import functional as F

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.v2.prototypes import (
    TEMPERATURE,
    Head,
    heads_of_bank,
    heads_of_clusters,
    loss_of_heads,
    numbers_of_clusters,
)

CPU = torch.device("cpu")
N, D = 40, 6


def bank():
    return F.normalize(torch.randn(2, N, D, generator=torch.Generator().manual_seed(3)), dim=2)


@pytest.mark.parametrize(
    ("k", "n_coins", "numbers"),
    [(5, 40, [5, 10, 20]), (5, 39, [5, 10]), (20, 39, [20]), (30, 40, [30]), (26, 1226, [26, 52, 104])],
)
def test_finer_heads_have_two_coins_a_cluster_at_least(k, n_coins, numbers):
    assert numbers_of_clusters(k, n_coins) == numbers


def test_every_coin_is_taught_its_nearest_prototype_and_heads_take_turns_at_the_views():
    heads, first, about_seeds = heads_of_bank(bank(), TrainingOptions(k=5), epoch=2, gpu=False)
    assert [len(head.prototypes) for head in heads] == [5, 10, 20]
    for number, head in enumerate(heads):
        torch.testing.assert_close(head.prototypes.norm(dim=1), torch.ones(len(head.prototypes)))
        nearest = (bank()[number % 2] @ head.prototypes.T).argmax(dim=1)
        np.testing.assert_array_equal(head.cluster, nearest)
    np.testing.assert_array_equal(first.cluster, heads[0].cluster)
    assert 0 <= about_seeds["seed_stability_ami"] <= 1
    expected = (2 - 2 * (bank()[0] * heads[0].prototypes[first.cluster]).sum(dim=1)).numpy()
    np.testing.assert_allclose(first.distance, expected, atol=1e-5)


def test_clusters_from_elsewhere_get_directions_that_stay_and_differ():
    clusters = [np.arange(N) % 3, np.arange(N) % 6]
    first, again = (
        heads_of_clusters(clusters, TrainingOptions(seed=4), dimensions=128, device=CPU) for _ in range(2)
    )
    for mine, same, cluster in zip(first, again, clusters, strict=True):
        assert torch.equal(mine.prototypes, same.prototypes)
        np.testing.assert_array_equal(mine.cluster, cluster)
        cosines = mine.prototypes @ mine.prototypes.T
        torch.testing.assert_close(cosines.diagonal(), torch.ones(len(cosines)))
        assert (cosines - torch.eye(len(cosines))).abs().max() < 0.4
    assert not torch.equal(first[0].prototypes, first[1].prototypes[:3])


def test_the_loss_is_the_cross_entropy_written_out_also_beside_an_empty_cluster():
    points, targets = bank()[0], torch.tensor([[one % 4, one % 2] for one in range(N)])
    prototypes = [
        F.normalize(torch.randn(k, D, generator=torch.Generator().manual_seed(k)), dim=1) for k in (5, 2)
    ]
    heads = [Head(targets[:, 0].numpy(), prototypes[0]), Head(targets[:, 1].numpy(), prototypes[1])]
    assert 4 not in targets[:, 0]  # the fifth has no coin, and still competes
    losses = []
    for coin in range(N):
        for head in range(2):
            logits = [float(points[coin] @ one) / TEMPERATURE for one in prototypes[head]]
            total = np.log(np.exp(logits).sum())
            losses.append(total - logits[targets[coin, head]])
    assert loss_of_heads(points, targets, heads).item() == pytest.approx(np.mean(losses), rel=1e-5)
