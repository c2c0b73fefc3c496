import numpy as np
import pytest
import torch
from scipy import ndimage

from coin_xai.matching.cells import describe_cells, fading_to_the_rim
from coin_xai.matching.cut_out import Frame
from coin_xai.networks import normalise
from coin_xai.networks.oriented_cells import OrientedCells


@pytest.fixture
def coins():
    """Three grey pictures of blobs, of which one is flat in a corner."""
    noise = np.random.default_rng(5).normal(0, 1, (3, 128, 128))
    grey = np.clip(128 + 900 * ndimage.gaussian_filter(noise, (0, 4, 4)), 0, 255).astype(np.uint8)
    grey[2, :40, :40] = 90
    return grey[..., None].repeat(3, axis=3)


def test_cells_are_those_that_coins_are_matched_by(coins):
    whole, _seen = describe_cells(coins, [Frame(0, 0, 128)] * len(coins), cell_px=8)
    expected = whole.numpy() * fading_to_the_rim(16)[..., None]
    shown = normalise(torch.from_numpy(coins.transpose(0, 3, 1, 2).copy()))
    found = OrientedCells()(shown).permute(0, 2, 3, 1).numpy()
    assert np.abs(expected).max() > 0.5
    np.testing.assert_allclose(found, expected, atol=2e-5)  # both in float32, from sums of some hundred terms


def test_the_gradient_is_that_of_finite_differences():
    """In float64, along a random direction, in a picture that is flat nowhere."""
    front, draw = OrientedCells().double(), torch.Generator().manual_seed(2)
    noise = np.random.default_rng(5).normal(0, 1, (3, 3, 128, 128))
    shown = torch.from_numpy(20 * ndimage.gaussian_filter(noise, (0, 0, 4, 4)))
    weights, step = (
        torch.randn(size, dtype=torch.float64, generator=draw) for size in ((3, 9, 16, 16), shown.shape)
    )
    shown.requires_grad_()
    (weights * front(shown)).sum().backward()
    expected = (shown.grad * step).sum()
    with torch.no_grad():
        ahead, behind = ((weights * front(shown + size * step)).sum() for size in (1e-7, -1e-7))
    assert expected.abs() > 1e-3
    torch.testing.assert_close((ahead - behind) / 2e-7, expected, rtol=1e-4, atol=0)


def test_a_flat_picture_has_no_cells_and_a_gradient_all_the_same():
    flat = torch.zeros(1, 3, 128, 128, requires_grad=True)
    cells = OrientedCells()(flat)
    cells.sum().backward()
    assert cells.abs().max() < 1e-4
    assert flat.grad.isfinite().all()


def test_it_has_no_weights_and_no_state():
    assert not list(OrientedCells().parameters())
    assert not OrientedCells().state_dict()
