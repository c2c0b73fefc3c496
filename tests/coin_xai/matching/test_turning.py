import numpy as np
import pytest

from coin_xai.matching.turning import UPRIGHT_LINKS, best_turn, synchronise, synchronise_freely


@pytest.mark.parametrize(("turn", "expected"), [(0, 0), (3, 3), (-7, -7), (20, 8), (-11, -8)])
def test_the_best_turn_is_the_vertex_of_the_parabola_within_reach(turn, expected):
    likeness = [20 - 0.01 * (trial - turn) ** 2 for trial in (-8, 0, 8)]
    assert best_turn(*np.array(likeness)) == pytest.approx(expected)


def test_a_likeness_that_only_grows_is_followed_to_the_end_and_a_flat_one_nowhere():
    rising, flat = np.array([1.0, 2, 3]), np.ones(3)
    np.testing.assert_array_equal(best_turn(*np.stack([rising, rising[::-1], flat], axis=1)), [8, -8, 0])


def links(n_coins, count, seed):
    generator = np.random.default_rng(seed)
    others = [np.delete(np.arange(n_coins), one) for one in range(n_coins)]
    return np.stack([generator.choice(one, count, replace=False) for one in others]), generator


def test_turns_are_found_from_noisy_differences():
    neighbours, generator = links(200, 10, 0)
    upright = generator.normal(0, 4, 200)  # what would turn each coin upright
    differences = upright[:, None] - upright[neighbours] + generator.normal(0, 4, neighbours.shape)
    found = synchronise(neighbours, differences)
    assert np.std(found - upright) < 1.3
    assert np.std(found) == pytest.approx(np.std(upright), rel=0.15)


def test_differences_that_contradict_each_other_turn_hardly_anything():
    neighbours, generator = links(200, 10, 1)
    assert np.std(synchronise(neighbours, generator.uniform(-8, 8, neighbours.shape))) < 1.5


def test_equals_dense_least_squares():
    neighbours, generator = links(12, 3, 2)
    differences = generator.normal(size=neighbours.shape)
    rows, right = [], []
    for own in range(12):
        for other, difference in zip(neighbours[own], differences[own], strict=True):
            rows.append(np.eye(12)[own] - np.eye(12)[other])
            right.append(difference)
    rows += list(np.sqrt(UPRIGHT_LINKS) * np.eye(12))
    right += [0.0] * 12
    expected = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    np.testing.assert_allclose(synchronise(neighbours, differences), expected, atol=1e-4)


def test_a_coin_alone_stays_as_it_is():
    assert synchronise(np.empty((1, 0), dtype=np.int64), np.empty((1, 0))).tolist() == [0]


def test_free_angles_are_found_though_a_quarter_is_wrong_by_a_right_angle():
    neighbours, generator = links(200, 10, 3)
    upright = generator.uniform(0, 360, 200)  # what would turn each coin upright
    differences = upright[neighbours] - upright[:, None] + generator.normal(0, 4, neighbours.shape)
    differences += 90 * (generator.random(neighbours.shape) < 0.25)
    left = synchronise_freely(neighbours, differences) - upright
    apart = np.abs((left - left[0] + 180) % 360 - 180)
    assert np.mean(apart < 10) > 0.97


def test_coins_that_nothing_joins_are_turned_by_themselves():
    neighbours, differences = np.array([[1], [0], [3], [2]]), np.array([[30.0], [-30], [200], [-200]])
    found = synchronise_freely(neighbours, differences)
    assert (found[1] - found[0]) % 360 == pytest.approx(30)
    assert (found[3] - found[2]) % 360 == pytest.approx(200)
    assert synchronise_freely(np.empty((1, 0), dtype=np.int64), np.empty((1, 0))).tolist() == [0]
