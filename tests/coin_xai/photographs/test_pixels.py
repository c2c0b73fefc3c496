import numpy as np
import pytest

from coin_xai.photographs.pixels import Pixels, centre_square_box

SHAPES = [(300, 256), (256, 300), (256, 256), (256, 391)]


def drawn():
    chance = np.random.default_rng(0)
    return [chance.integers(0, 256, (*shape, 3)).astype(np.uint8) for shape in SHAPES]


def packed(photographs):
    sizes = np.array([one.size for one in photographs])
    return Pixels(
        np.concatenate([one.ravel() for one in photographs]),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        np.array([len(one) for one in photographs]),
        np.array([one.shape[1] for one in photographs]),
    )


def bilinear(lines, start, side, length):
    """Resize [start, start + side) of the first axis in float64, with the antialiased triangle window.

    The window of a pixel at the edge reaches a little out of the square, as far as there is photograph.
    """
    scale = side / length
    at = start + (np.arange(length) + 0.5) * scale
    weights = np.maximum(0, 1 - np.abs(np.arange(len(lines)) + 0.5 - at[:, None]) / max(scale, 1))
    return np.tensordot(weights / weights.sum(axis=1, keepdims=True), lines, axes=1)


def test_each_photograph_comes_back_without_a_copy():
    photographs = drawn()
    pixels = packed(photographs)
    assert len(pixels) == len(photographs)
    for index, photograph in enumerate(photographs):
        assert np.array_equal(pixels[index], photograph)
        assert np.shares_memory(pixels[index], pixels.data)


@pytest.mark.parametrize("crop", [1.0, 0.875])
@pytest.mark.parametrize("size_px", [224, 64])
def test_centre_squares_agree_with_an_independent_computation(crop, size_px):
    photographs = drawn()
    order = np.array([2, 0, 3, 1, 0])
    squares = packed(photographs).centre_squares(order, size_px=size_px, crop=crop)
    assert squares.shape == (5, 3, size_px, size_px)
    for square, index in zip(squares, order, strict=True):
        photograph = photographs[index].astype(np.float64)
        height, width = photograph.shape[:2]
        side = crop * min(height, width)
        rows = bilinear(photograph, height / 2 - side / 2, side, size_px)
        expected = bilinear(rows.swapaxes(0, 1), width / 2 - side / 2, side, size_px).swapaxes(0, 1)
        assert np.abs(square.transpose(1, 2, 0) - expected).max() <= 1.01


def test_no_photographs_asked_for_give_no_squares():
    assert packed(drawn()).centre_squares(np.array([], np.int64), size_px=8).shape == (0, 3, 8, 8)


@pytest.mark.parametrize("crop", [1.0, 0.875])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_box_tells_where_a_pixel_of_the_square_lies_on_the_photograph(shape, crop):
    """On photographs of their own coordinates, the square shows where each of its pixels comes from."""
    height, width = shape
    along = np.broadcast_to(np.arange(width) * 0.5, shape)
    down = np.broadcast_to(np.arange(height)[:, None] * 0.5, shape)
    photograph = np.stack([along, down, along], axis=2).astype(np.uint8)
    square = packed([photograph]).centre_squares(np.array([0]), size_px=32, crop=crop)[0].astype(float)
    left, top, side = centre_square_box(height, width, crop=crop)
    inner = np.arange(1, 31)
    centres = (inner + 0.5) * side / 32 - 0.5
    assert np.abs(square[0][16, inner] - (left + centres) * 0.5).max() < 1
    assert np.abs(square[1][inner, 16] - (top + centres) * 0.5).max() < 1


def test_the_box_is_central_and_square():
    assert centre_square_box(100, 60) == (0, 20, 60)
    assert centre_square_box(60, 100, crop=0.5) == (35, 15, 30)


@pytest.mark.parametrize(
    ("offset", "height", "width", "words"),
    [
        ([0], [4], [5], "outside of the data"),
        ([-1], [1], [1], "outside of the data"),
        ([0], [0], [4], "outside of the data"),
        ([0, 3], [1], [1], "different numbers"),
    ],
)
def test_a_photograph_outside_of_the_data_is_refused(offset, height, width, words):
    with pytest.raises(ValueError, match=words):
        Pixels(np.zeros(48, np.uint8), np.array(offset), np.array(height), np.array(width))
