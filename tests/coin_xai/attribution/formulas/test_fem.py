import numpy as np
import torch

from coin_xai.attribution.formulas.fem import fem


def test_it_equals_the_formula_written_out():
    maps = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64) ** 4
    expected = np.zeros((2, 6, 6))
    for coin, own in enumerate(maps.numpy()):
        for one in own:
            expected[coin] += one.mean() * (one > one.mean() + 2 * one.std())
    assert expected.any()
    np.testing.assert_allclose(fem(maps), expected, rtol=1e-12)


def test_maps_that_are_flat_or_dead_show_nothing():
    assert not fem(torch.cat([torch.zeros(1, 2, 4, 4), torch.full((1, 2, 4, 4), 0.5)])).any()


def test_fewer_deviations_let_more_through():
    maps = torch.rand(1, 2, 8, 8)
    assert (fem(maps, deviations=0.5) > 0).sum() > (fem(maps, deviations=1.5) > 0).sum()
