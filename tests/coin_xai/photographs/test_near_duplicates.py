import io

import numpy as np
import pytest
from PIL import Image

import coin_xai.photographs.near_duplicates
from coin_xai.mint import Issue, draw_coin
from coin_xai.photographs.near_duplicates import near_duplicates
from coin_xai.photographs.pixels import Pixels

ISSUE = Issue(coins=8, types=2, seed=3)


def joined(photographs):
    sizes = np.array([photograph.shape[:2] for photograph in photographs], dtype=np.int64)
    starts = np.cumsum([0, *(photograph.size for photograph in photographs[:-1])])
    data = np.concatenate([photograph.ravel() for photograph in photographs])
    return Pixels(data, starts.astype(np.int64), sizes[:, 0], sizes[:, 1])


def compressed(photograph, quality):
    encoded = io.BytesIO()
    Image.fromarray(photograph).save(encoded, format="JPEG", quality=quality)
    return np.asarray(Image.open(encoded))


@pytest.fixture(scope="module")
def photographs():
    return [draw_coin(ISSUE, number).photograph for number in range(1, 9)]


def test_a_photograph_compressed_or_made_smaller_is_found_and_no_other(photographs):
    small = np.asarray(Image.fromarray(photographs[5]).reduce(2))
    pairs = near_duplicates(joined([*photographs, compressed(photographs[2], 40), small]))
    assert {(pair.first, pair.second) for pair in pairs} == {(2, 8), (5, 9)}


def test_coins_of_one_type_are_no_duplicates(photographs):
    assert near_duplicates(joined(photographs)) == []


def test_a_lighter_copy_is_a_duplicate(photographs):
    lighter = (0.7 * photographs[0] + 60).astype(np.uint8)
    (pair,) = near_duplicates(joined([photographs[0], lighter]))
    assert pair[:2] == (0, 1)
    assert pair.correlation > 0.99


def test_blocks_do_not_change_the_result_and_the_most_alike_come_first(photographs, monkeypatch):
    several = joined([*photographs, compressed(photographs[1], 10), compressed(photographs[1], 90)])
    whole = near_duplicates(several)
    monkeypatch.setattr(coin_xai.photographs.near_duplicates, "BLOCK", 3)
    for one, other in zip(near_duplicates(several), whole, strict=True):
        assert one[:2] == other[:2]
        assert one.correlation == pytest.approx(other.correlation)
    assert whole[0][:2] == (1, 9)
    assert len(whole) == 3


def test_plain_pictures_are_like_nothing():
    plain = np.full((40, 40, 3), 128, np.uint8)
    assert near_duplicates(joined([plain, plain])) == []
