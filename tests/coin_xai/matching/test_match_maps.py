import numpy as np
import pytest
import torch

from coin_xai.matching.match_maps import MatchMaps, coverage, parts
from coin_xai.matching.windows import likeness_in

CPU = torch.device("cpu")


def coins(count, *, seed, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(count, 16, 16, 9)).astype(dtype)


def test_the_parts_of_a_pair_add_up_to_its_likeness():
    own, others = (torch.from_numpy(coins(6, seed=seed)) for seed in (1, 2))
    # The same coin moved by some cells, so that windows are found at a distance, and at the border too.
    others[1] = own[1].roll((2, -1), (0, 1))
    others[2] = own[2].roll((-2, -2), (0, 1))
    own[3, :8] = 0
    likeness = torch.diagonal(likeness_in(own, others))
    np.testing.assert_allclose(parts(own, others).sum(dim=(1, 2)), likeness, rtol=1e-12)
    single = parts(own.float(), others.float()).sum(dim=(1, 2))
    np.testing.assert_allclose(single, likeness, atol=1e-5)  # of 36 cosines in single precision


def test_parts_are_those_of_the_same_written_as_loops():
    own, other = coins(2, seed=3)
    expected = np.zeros((16, 16))
    for top in range(0, 11, 2):
        for left in range(0, 11, 2):
            window = own[top : top + 6, left : left + 6]
            best, product = -np.inf, None
            for y in range(max(0, top - 2), min(10, top + 2) + 1):
                for x in range(max(0, left - 2), min(10, left + 2) + 1):
                    there = other[y : y + 6, x : x + 6]
                    cells = (window * there).sum(-1) / np.linalg.norm(window) / np.linalg.norm(there)
                    cells -= 0.02 * np.hypot(y - top, x - left) / 36
                    if cells.sum() > best:
                        best, product = cells.sum(), cells
            expected[top : top + 6, left : left + 6] += product
    found = parts(torch.from_numpy(own[None]), torch.from_numpy(other[None]))[0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_coverage_counts_windows():
    found = coverage()
    assert found[0, 0] == 1
    assert found[8, 8] == 9
    assert found.sum() == 36 * 36


@pytest.fixture(scope="module")
def two_kinds():
    """24 coins of noise: all share one patch, those of each kind one more, at a place of its own."""
    random = np.random.default_rng(5)
    cells = random.normal(size=(24, 16, 16, 9)).astype(np.float32)
    shared, *own = random.normal(size=(3, 5, 5, 9)).astype(np.float32)
    kind = np.arange(24) % 2
    cells[:, 10:15, 9:14] += 2 * shared
    for one, (top, left) in enumerate([(2, 2), (2, 10)]):
        cells[kind == one, top : top + 5, left : left + 5] += 2 * own[one]
    return cells, kind


def heat_at(maps, top, left):
    """Return the mean of a patch over the mean of the whole map, as heat."""
    heat = np.maximum(maps, 0)
    return heat[:, top : top + 5, left : left + 5].mean() / heat.mean()


def test_heat_lies_on_what_tells_the_cluster_apart(two_kinds):
    cells, kind = two_kinds
    found = MatchMaps(cells, kind, device=CPU).of(np.flatnonzero(kind == 0))
    assert heat_at(found.maps, 2, 2) > 4
    assert heat_at(found.maps, 10, 9) < 1  # all coins have it
    assert heat_at(found.maps, 2, 10) < 1  # the others have it
    assert (found.own > found.other).all()
    assert found.other_cluster.tolist() == [1] * 12
    by_chance = np.arange(24) // 2 % 2
    null = MatchMaps(cells, by_chance, device=CPU).of(np.flatnonzero(kind == 0))
    assert heat_at(null.maps, 2, 2) < 2


def test_a_map_is_the_mean_of_its_parts_less_those_of_the_other_cluster(two_kinds):
    cells, kind = two_kinds
    found = MatchMaps(cells, kind, device=CPU).of(np.array([4]))
    everywhere = torch.from_numpy(cells)
    sides = []
    for one in (0, 1):
        members = np.setdiff1d(np.flatnonzero(kind == one), [4])
        likeness = likeness_in(everywhere[[4]], everywhere[members])[0].numpy()
        best = members[np.argsort(-likeness)[:10]]
        sides.append(parts(everywhere[[4] * 10], everywhere[best]).mean(dim=0).numpy() / coverage())
        assert np.sort(likeness)[-10:].mean() / 36 == pytest.approx(
            (found.own, found.other)[one][0], rel=1e-5
        )
    np.testing.assert_allclose(found.maps[0], sides[0] - sides[1], atol=1e-6)


def test_the_other_cluster_is_the_one_in_whose_mean_a_coin_is_found_best(two_kinds):
    cells, kind = two_kinds
    three = np.where(np.arange(24) >= 18, 2, kind)
    found = MatchMaps(cells, three, device=CPU).of(np.arange(18))
    assert (found.other_cluster != three[:18]).all()
    means = torch.from_numpy(np.stack([cells[three == one].mean(axis=0) for one in range(3)]))
    likeness = likeness_in(torch.from_numpy(cells[:18]), means).numpy()
    likeness[np.arange(18), three[:18]] = -np.inf
    assert found.other_cluster.tolist() == likeness.argmax(axis=1).tolist()


def test_clusters_may_have_few_coins_or_one_and_may_be_alone(two_kinds):
    cells, _ = two_kinds
    few = np.r_[0, np.full(3, 1), np.full(20, 2)]
    found = MatchMaps(cells, few, device=CPU).of(np.arange(24))
    assert np.isfinite(found.maps).all()
    assert np.isnan(found.own).tolist() == [True] + 23 * [False]
    assert np.isfinite(found.other).all()
    alone = MatchMaps(cells, np.zeros(24, int), device=CPU).of(np.arange(24))
    assert np.isnan(alone.other).all()
    assert (alone.other_cluster == -1).all()
    assert alone.maps.sum() > 0


def test_of_a_large_cluster_some_coins_are_compared(two_kinds, monkeypatch):
    cells, kind = two_kinds
    monkeypatch.setattr("coin_xai.matching.match_maps.MOST_COMPARED", 5)
    found = MatchMaps(cells, kind, device=CPU).of(np.flatnonzero(kind == 0))
    assert np.isfinite(found.maps).all()
    assert heat_at(found.maps, 2, 2) > 3
