import numpy as np
import pytest

from coin_xai.matching import alignment
from coin_xai.matching.alignment import align, align_with, describe_fine
from coin_xai.matching.cut_out import Frame, frame_of
from coin_xai.mint import Issue, mint
from tests.coin_xai.conftest import as_pixels


@pytest.fixture(scope="module")
def coins():
    return list(mint(Issue(coins=80, types=20, seed=8)))


def laid_over(photographs, frames, **told):
    """Return frames of the flans, moved; coins come in chunks."""
    halves = range(len(frames) // 2), range(len(frames) // 2, len(frames))
    return align(
        [describe_fine(photographs, half, frames[half.start : half.stop], **told) for half in halves]
    )


def errors(coins, frames):
    """Distance of each frame's centre from the die's, in half sides, less what is common to all."""
    off = []
    for coin, frame in zip(coins, frames, strict=True):
        centre = np.multiply((coin.truth.centre_x, coin.truth.centre_y), coin.photograph.shape[1::-1])
        off.append((np.add((frame.left, frame.top), frame.side / 2) - centre) / (frame.side / 2))
    return np.hypot(*(off - np.median(off, axis=0)).T)


def test_drawn_coins_are_laid_on_their_dies(coins):
    photographs = as_pixels([coin.photograph for coin in coins])
    frames = [frame_of(photographs[number], centre_crop=1.0) for number in range(len(coins))]
    aligned = laid_over(photographs, frames)
    assert np.median(errors(coins, aligned)) < 0.6 * np.median(errors(coins, frames))
    assert [frame.side for frame in aligned] == pytest.approx([frame.side for frame in frames])


def test_shifted_copies_are_laid_over_each_other():
    y, x = np.mgrid[:200, :200]
    shifts = [(0, 0), (12, 0), (-12, 6), (0, -12), (6, 12), (-6, -6)]
    pictures = [
        np.repeat(
            np.where((np.abs(y - 100 - down) < 4) | (np.abs(x - 100 - right) < 4), 200, 90)[..., None],
            3,
            axis=2,
        ).astype(np.uint8)
        for down, right in shifts
    ]
    aligned = laid_over(as_pixels(pictures), [Frame(30, 30, 140)] * len(shifts))
    found = np.array([(frame.top - 30, frame.left - 30) for frame in aligned])
    error = found - shifts
    assert np.abs(error - np.median(error, axis=0)).max() <= 6  # a cell of the wide square


def test_the_mean_of_some_coins_serves_for_all(coins, monkeypatch):
    photographs = as_pixels([coin.photograph for coin in coins])
    frames = [frame_of(photographs[number], centre_crop=1.0) for number in range(len(coins))]
    monkeypatch.setattr(alignment, "MOST_IN_MEAN", 40)
    assert np.median(errors(coins, laid_over(photographs, frames))) < 0.7 * np.median(errors(coins, frames))


def test_new_coins_are_laid_on_their_dies_by_coins_that_lie_over_each_other(coins):
    photographs = as_pixels([coin.photograph for coin in coins])
    frames = [frame_of(photographs[number], centre_crop=1.0) for number in range(len(coins))]
    known, new = (as_pixels([coin.photograph for coin in some]) for some in (coins[:50], coins[50:]))
    found = align_with(new, frames[50:], known, laid_over(known, frames[:50]))
    assert np.median(errors(coins[50:], found)) < 0.6 * np.median(errors(coins[50:], frames[50:]))
    assert [frame.side for frame in found] == pytest.approx([frame.side for frame in frames[50:]])


def test_coins_without_anything_in_common_or_any_relief_stay_where_they_are():
    plain = as_pixels([np.full((60, 60, 3), 90, np.uint8)] * 3)
    frames = [Frame(0, 0, 60)] * 3
    for frame in laid_over(plain, frames):
        assert (frame.left, frame.top, frame.side) == pytest.approx((0, 0, 60))


def test_the_rim_of_the_flan_has_no_say_in_where_a_coin_is_laid(coins, monkeypatch):
    photographs = as_pixels([coin.photograph for coin in coins])
    frames = [frame_of(photographs[number], centre_crop=1.0) for number in range(len(coins))]
    looked_at = []
    error = np.median(errors(coins, laid_over(photographs, frames, advance=looked_at.append)))
    assert sum(looked_at) == len(frames)
    monkeypatch.setattr(alignment, "RIM_CELLS", 1)
    assert error < 0.95 * np.median(errors(coins, laid_over(photographs, frames)))
