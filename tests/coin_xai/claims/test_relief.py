import numpy as np
import pytest
from scipy.stats import spearmanr

from coin_xai.claims.parts import parts_of
from coin_xai.claims.pose import pose_of
from coin_xai.claims.relief import completeness_of, relief_of, richness_of
from coin_xai.matching.cut_out import cut_out, frame_of
from coin_xai.mint import Issue, draw_coin


@pytest.fixture(scope="module")
def found():
    """Relief, completeness and richness of fifty drawn coins, beside wear and number of symbols."""
    rows = []
    for number in range(1, 51):
        coin = draw_coin(Issue(coins=50, types=10, seed=51), number)
        grey, flan = cut_out(coin.photograph, frame_of(coin.photograph, centre_crop=1.0))
        pose = pose_of(255 * grey, flan)
        parts = parts_of(flan, pose, "cross")
        rows.append(
            (
                relief_of(255 * grey, flan, pose),
                richness_of(255 * grey, parts, pose),
                coin.truth.wear,
                coin.truth.symbols,
            )
        )
    return np.array(rows).T


def test_worn_coins_have_less_relief(found):
    assert spearmanr(found[0], found[2])[0] < -0.4


def test_coins_with_more_symbols_are_richer(found):
    assert spearmanr(found[1], found[3])[0] > 0.35


def test_what_lies_off_the_flan_is_missing():
    grey = np.full((128, 128), 100.0)
    down, across = (np.indices((128, 128)) + 0.5) / 128 - 0.5
    whole = (np.hypot(down, across) < 0.45).astype(np.float32)
    half = whole * (down < 0)
    pose = pose_of(grey, whole)
    complete, cut_off = (completeness_of(parts_of(flan, pose, "cross")) for flan in (whole, half))
    assert complete == pytest.approx(1, abs=0.02)
    assert 0.4 < cut_off < 0.6


def test_parts_without_cantons_have_no_richness():
    flan = np.ones((128, 128), dtype=np.float32)
    pose = pose_of(np.random.default_rng(0).random((128, 128)), flan)
    assert np.isnan(richness_of(flan, parts_of(flan, pose, "radial"), pose))
