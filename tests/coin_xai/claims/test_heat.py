import numpy as np
import pytest

from coin_xai.claims.heat import FLOOR, centred_noise, covers, log_densities

SIZE, CELLS = 128, 16


def areas_of(**boxes):
    found = {}
    for name, (rows, columns) in boxes.items():
        area = np.zeros((SIZE, SIZE), dtype=np.float32)
        area[rows, columns] = 1
        found[name] = covers(area, (CELLS, CELLS))
    return found


@pytest.mark.parametrize("shape", [(16, 16), (13, 13), (7, 7)])
def test_covers_hold_the_area_of_a_part_inside_of_the_picture(shape):
    area = np.zeros((SIZE, SIZE), dtype=np.float32)
    area[40:80, 50:90] = 1
    cells = shape[0] * shape[1]
    assert covers(area, shape).sum() == pytest.approx(area.mean() * cells)


def test_heat_that_is_the_same_everywhere_tells_no_parts_apart():
    areas = areas_of(small=(slice(0, 40), slice(0, 40)), large=(slice(40, 128), slice(0, 128)))
    found = log_densities(np.full((CELLS, CELLS), 3.0), areas)
    assert found["small"] == pytest.approx(found["large"]) == pytest.approx(np.log(1 + FLOOR))


def test_a_part_that_is_twice_as_hot_is_denser_by_ln_two_whatever_its_size():
    heat = np.ones((CELLS, CELLS))
    heat[:, :8] = 2
    areas = areas_of(hot=(slice(0, 128), slice(0, 48)), cold=(slice(30, 60), slice(80, 128)))
    found = log_densities(heat, areas)
    assert found["hot"] - found["cold"] == pytest.approx(np.log((4 / 3 + FLOOR) / (2 / 3 + FLOOR)))


def test_only_positive_evidence_counts():
    areas = areas_of(part=(slice(0, 64), slice(0, 64)))
    heat = np.ones((CELLS, CELLS))
    below = heat.copy()
    below[8:, 8:] = -5
    clipped = np.maximum(below, 0)
    assert log_densities(below, areas) == log_densities(clipped, areas)


def test_a_map_without_evidence_and_a_part_without_area_have_no_density():
    areas = areas_of(part=(slice(0, 64), slice(0, 64)), speck=(slice(0, 2), slice(0, 2)))
    assert np.isnan(log_densities(np.zeros((CELLS, CELLS)), areas)["part"])
    assert np.isnan(log_densities(np.ones((CELLS, CELLS)), areas)["speck"])


def test_noise_in_the_middle_is_as_dense_on_both_crosses():
    generator = np.random.default_rng(1)
    mean = np.mean([centred_noise((16, 16), generator) for _ in range(400)], axis=0)
    np.testing.assert_allclose(mean, mean.T, rtol=0.35)
    assert mean[8, 8] > 3 * mean[0, 0]
