"""Photographs of drawn coins as pixels, few and small enough to train on in a moment."""

import numpy as np
import pytest

from coin_xai.mint import Issue, mint
from coin_xai.photographs.pixels import Pixels


def as_pixels(photographs):
    """Put photographs (H x W x 3) one after the other into one array."""
    sizes = np.array([photograph.shape[:2] for photograph in photographs])
    ends = np.cumsum([photograph.size for photograph in photographs])
    return Pixels(
        np.concatenate([photograph.ravel() for photograph in photographs]),
        np.concatenate([[0], ends[:-1]]),
        sizes[:, 0],
        sizes[:, 1],
    )


@pytest.fixture(scope="session")
def pixels():
    """Twelve coins of three types."""
    return twelve_coins()


def twelve_coins():
    """Draw twelve coins of three types."""
    drawn = list(mint(Issue(coins=12, types=3, seed=5)))
    return as_pixels([np.ascontiguousarray(coin.photograph[::2, ::2]) for coin in drawn])
