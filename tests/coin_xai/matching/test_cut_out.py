import math

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from coin_xai.matching.cut_out import (
    FILLING_PX,
    RIM_PX,
    SIZE_PX,
    WIDE_PX,
    Frame,
    cut_out,
    cut_out_some,
    eroded,
    frame_of,
)
from coin_xai.matching.hog import LUMA
from tests.coin_xai.photographs.test_quality import drawn


def test_the_frame_is_the_square_around_the_flan():
    frame = frame_of(drawn(radius=40, centre=(90, 120)), centre_crop=1.0)
    assert (frame.left, frame.top, frame.side) == pytest.approx((80.5, 50.5, 80), abs=3)


def test_without_a_coin_the_frame_is_the_central_square():
    frame = frame_of(np.full((100, 160, 3), 7, np.uint8), centre_crop=0.5)
    assert (frame.left, frame.top, frame.side, frame.mask) == (55, 25, 50, None)


def test_a_moved_and_scaled_frame_turns_about_its_centre():
    moved = Frame(10, 20, 40).moved(0.25, -0.5, scale=0.5)
    assert (moved.left, moved.top, moved.side) == (30, 10, 20)


def by_pillow(picture, frame, *, beyond):
    """Cut a square out of a whole picture, padded, as Pillow resizes and turns it."""
    size = WIDE_PX if frame.turn_deg else SIZE_PX
    frame = frame.moved(0, 0, scale=size / SIZE_PX)
    right, bottom = frame.left + frame.side, frame.top + frame.side
    height, width = picture.shape
    margin = math.ceil(max(0, -frame.left, -frame.top, right - width, bottom - height))
    padded = Image.fromarray(np.pad(picture, margin, mode=beyond).astype(np.float32))
    box = (frame.left + margin, frame.top + margin, right + margin, bottom + margin)
    near, far = (size - SIZE_PX) // 2, (size + SIZE_PX) // 2
    square = padded.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return np.asarray(square.rotate(frame.turn_deg, Image.Resampling.BILINEAR).crop((near, near, far, far)))


FRAMES = [
    Frame(20.3, 31.7, 80.5),
    Frame(20.3, 31.7, 80.5, turn_deg=-20),
    Frame(-40.2, 70.1, 150, turn_deg=8),
    Frame(-10, -20, 240),
    Frame(0, 0, 130),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_coin_is_cut_out_as_pillow_does_it_of_the_whole_photograph(frame):
    photograph = np.random.default_rng(4).integers(0, 256, (170, 130, 3), dtype=np.uint8)
    mask = np.zeros((41, 32), bool)
    mask[4:36, 3:30] = True
    grey = by_pillow((photograph @ LUMA / 255).astype(np.float32), frame, beyond="edge")
    found, on_coin = cut_out(photograph, frame)
    np.testing.assert_allclose(found, grey, atol=1e-5)
    assert (on_coin == 1).all()

    enlarged = Image.fromarray(mask.astype(np.float32)).resize((130, 170), Image.Resampling.BILINEAR)
    share = by_pillow(np.asarray(enlarged), frame, beyond="constant")
    inner = ndimage.grey_erosion(share, RIM_PX)
    spread = ndimage.gaussian_filter(inner, FILLING_PX) + 1e-3
    filled = grey * inner + (1 - inner) * ndimage.gaussian_filter(grey * inner, FILLING_PX) / spread
    masked = Frame(frame.left, frame.top, frame.side, frame.turn_deg, mask=mask)
    found, on_coin = cut_out(photograph, masked)
    np.testing.assert_allclose(on_coin, share, atol=1e-4)  # in float32, of places up to some hundred pixels
    near = spread > 0.01
    np.testing.assert_allclose(found[near], filled[near], atol=1e-4)
    np.testing.assert_allclose(found, filled, atol=1e-3)  # where hardly anything of its tone is left
    assert found.min() >= 0


def test_a_coin_is_cut_out_alike_whichever_others_are_cut_out_with_it():
    """Up to how products of matrices are rounded, some of which have more rows then."""
    photographs = [drawn(radius=radius, centre=(90, 120)) for radius in (40, 60, 30)]
    frames = [
        frame_of(photographs[0], centre_crop=1.0),
        frame_of(photographs[1], centre_crop=1.0).turned(5),
        Frame(10, 0, 90),
    ]
    together = cut_out_some(photographs, frames)
    for number, (photograph, frame) in enumerate(zip(photographs, frames, strict=True)):
        for found, expected in zip(together, cut_out(photograph, frame), strict=True):
            np.testing.assert_allclose(found[number], expected, atol=1e-6)


@pytest.mark.parametrize("size_px", [3, 5])
def test_erosion_is_that_of_scipy(size_px):
    pictures = torch.rand(2, 20, 30, generator=torch.Generator().manual_seed(0))
    expected = ndimage.grey_erosion(pictures, (1, size_px, size_px))
    np.testing.assert_array_equal(eroded(pictures, size_px), expected)
