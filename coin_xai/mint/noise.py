"""Smooth random fields and the few curves from which metal, wood and cloth are made."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# All fields are float32; numpy's stubs lose that in mixed arithmetic, so a test watches over it instead.
Field = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]


@lru_cache(maxsize=64)
def _spline(length: int, cells: int) -> Field:
    """Return the cubic B-spline weights, `length` x (cells + 3), that stretch knots over `length` pixels."""
    position = np.linspace(0.0, cells, length, endpoint=False) + 0.5 * cells / length
    left = np.floor(position).astype(int)
    t = position - left
    weights = np.zeros((length, cells + 3))
    rows = np.arange(length)
    pieces = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    for knot, piece in enumerate(pieces):
        weights[rows, left + knot] = piece / 6
    return weights.astype(np.float32)


def smooth_field(generator: np.random.Generator, shape: tuple[int, int], *, cells: tuple[int, int]) -> Field:
    """Return a smooth random field, mean 0 and standard deviation near 1.

    Two small matrix products with spline weights: thirty times cheaper than blurring white noise that far.

    Args:
        generator: the stream to draw the knots from.
        shape: height and width in pixels.
        cells: number of bumps down and across, each at least 1.
    """
    knots = generator.standard_normal((cells[0] + 3, cells[1] + 3), dtype=np.float32)
    # The spline averages neighbouring knots and so halves their spread; 2.1 restores it.
    field: Field = (_spline(shape[0], cells[0]) @ knots @ _spline(shape[1], cells[1]).T) * np.float32(2.1)
    return field


def smooth_curve(generator: np.random.Generator, length: int, *, cells: int) -> Field:
    """Return a smooth random curve of `length` samples, mean 0 and standard deviation near 1."""
    knots = generator.standard_normal(cells + 3, dtype=np.float32)
    curve: Field = (_spline(length, cells) @ knots) * np.float32(1.45)
    return curve


def white(generator: np.random.Generator, shape: tuple[int, ...]) -> Field:
    """Return independent normal values."""
    return generator.standard_normal(shape, dtype=np.float32)


def ramp(value: Field, low: float, high: float) -> Field:
    """Return 0 below `low`, 1 above `high` and a smooth step between."""
    t = np.clip((value - np.float32(low)) * np.float32(1.0 / (high - low)), 0, 1)
    step: Field = t * t * (3 - 2 * t)
    return step


def dome(depth: Field, roundness: float) -> Field:
    """Return the height, 0 to 1, of a form whose shoulder is a quarter circle.

    Args:
        depth: distance to the outline, positive inside.
        roundness: how deep inside the form reaches its full height; the unit of `depth`.
    """
    t = np.clip(depth * np.float32(1.0 / roundness), 0, 1)
    height: Field = np.sqrt(t * (2 - t))
    return height
