import numpy as np
import pytest

from coin_xai.evidence.cluster_maps import RINGS, lying_alike, mean_map, radial_profile


def test_the_mean_is_of_what_speaks_for_the_cluster_on_one_scale():
    maps = np.array([[[4.0, -2.0]], [[0.0, 1.0]]])
    assert mean_map(maps).tolist() == [[2.0, 0.5]]


def test_coins_lie_alike_that_have_their_middle_and_size_in_common():
    across = np.array([0.0, 0.02, -0.02, 0.3, 0.0, 0.01])
    radius = np.array([0.4, 0.41, 0.39, 0.4, 0.2, np.nan])
    alike = lying_alike(across, np.zeros(6), radius)
    assert alike.tolist() == [True, True, True, False, False, False]


def test_where_most_coins_lie_elsewhere_none_lies_like_the_cluster():
    across = np.linspace(-0.4, 0.4, 9)
    assert not lying_alike(across, np.zeros(9), np.full(9, 0.3)).any()
    assert not lying_alike(*np.full((3, 4), np.nan)).any(), "no coin was found"


def test_an_even_map_has_an_even_profile():
    assert radial_profile(np.full((13, 13), 3.0)) == pytest.approx(np.full(RINGS, 3.0))


def test_the_profile_of_a_cone_falls_as_the_cone_does():
    y, x = np.mgrid[:65, :65]
    radius = np.hypot(y - 32, x - 32) / 32.5
    inner, outer = np.arange(RINGS) / RINGS, (np.arange(RINGS) + 1) / RINGS
    mean_radius = 2 / 3 * (outer**3 - inner**3) / (outer**2 - inner**2)
    assert radial_profile(1 - radius) == pytest.approx(1 - mean_radius, abs=0.01)


def test_turning_a_map_does_not_change_its_profile():
    heat = np.random.default_rng(0).uniform(size=(13, 13))
    for turned in (np.rot90(heat), heat[::-1], heat.T):
        assert radial_profile(turned) == pytest.approx(radial_profile(heat))


def test_heat_at_the_rim_lies_in_the_last_ring():
    heat = np.zeros((13, 13))
    heat[6, 12] = 1
    profile = radial_profile(heat)
    assert profile.argmax() == RINGS - 1
    assert profile[:3].max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (7, 7)])
def test_coarse_maps_have_profiles_too(shape):
    assert radial_profile(np.ones(shape)) == pytest.approx(np.ones(RINGS))
