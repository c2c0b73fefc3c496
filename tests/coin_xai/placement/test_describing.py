import numpy as np
import pytest
import torch

from coin_xai.matching.likeness import describe
from coin_xai.mint import Issue, mint
from coin_xai.photographs.pixels import Pixels
from coin_xai.placement.describing import KnownCoins, lay_among
from tests.coin_xai.conftest import as_pixels

CPU = torch.device("cpu")
KNOWN = 40


@pytest.fixture(scope="module")
def drawn():
    return list(mint(Issue(coins=56, types=3, seed=17, size_px=160)))


@pytest.fixture(scope="module")
def known(drawn):
    pixels = as_pixels([coin.photograph for coin in drawn[:KNOWN]])
    described = describe(pixels, centre_crop=1.0, device=CPU)
    return KnownCoins(pixels, described.frames, described.cells)


def some_of(pixels, positions):
    return Pixels(pixels.data, pixels.offset[positions], pixels.height[positions], pixels.width[positions])


def test_a_known_coin_comes_to_lie_where_it_lies_and_has_the_same_cells(known):
    """Photographed once more, byte for byte, it is laid over the others nearly as it was."""
    positions = np.arange(KNOWN)
    again = lay_among(some_of(known.pixels, positions), known, centre_crop=1.0, device=CPU)
    own = known.cells[positions]
    cosine = (again.edges * own).sum(axis=(1, 2, 3)) / np.sqrt(
        (again.edges**2).sum(axis=(1, 2, 3)) * (own**2).sum(axis=(1, 2, 3))
    )
    assert np.median(cosine) > 0.9
    apart = [
        np.hypot(new.left - known.frames[one].left, new.top - known.frames[one].top) / new.side
        for new, one in zip(again.frames, positions, strict=True)
    ]
    assert np.mean(apart) < 0.012  # .005 here, .024 where coins stay where their flans lie
    turned = [
        new.turn_deg - known.frames[one].turn_deg for new, one in zip(again.frames, positions, strict=True)
    ]
    assert np.median(np.abs(turned)) < 1.5  # 1.3 here, 2.7 where coins stay as they are


def test_new_coins_stand_like_the_known_ones(drawn, known):
    """The motif's own turn is known: after laying coins over known ones less of it is left."""
    new = lay_among(
        as_pixels([coin.photograph for coin in drawn[KNOWN:]]), known, centre_crop=1.0, device=CPU
    )
    before = np.array([coin.truth.rotation_deg for coin in drawn[KNOWN:]])
    after = before + [frame.turn_deg for frame in new.frames]
    assert after.std() < 0.8 * before.std()


def test_nothing_of_the_known_coins_changes_and_none_depends_on_its_companions(drawn, known):
    before = known.cells.copy()
    photographs = [coin.photograph for coin in drawn[KNOWN : KNOWN + 6]]
    together = lay_among(as_pixels(photographs), known, centre_crop=1.0, device=CPU)
    alone = lay_among(as_pixels(photographs[:1]), known, centre_crop=1.0, device=CPU)
    np.testing.assert_array_equal(known.cells, before)
    assert alone.frames[0].turn_deg == pytest.approx(together.frames[0].turn_deg, abs=1e-4)
    np.testing.assert_allclose(alone.edges[0], together.edges[0], atol=1e-4)


def test_every_new_coin_is_told_once(drawn, known):
    told = []
    lay_among(
        as_pixels([coin.photograph for coin in drawn[KNOWN:]]),
        known,
        centre_crop=1.0,
        device=CPU,
        advance=told.append,
    )
    assert sum(told) == len(drawn) - KNOWN
