import numpy as np
import pytest

from coin_xai.matching import views
from coin_xai.matching.cells import common_of, describe_cells, without_common
from coin_xai.matching.turning import TURN_DEG
from coin_xai.matching.views import FreshViews, find_some, turn_some


@pytest.fixture(scope="module")
def found(pixels):
    return find_some(pixels, range(len(pixels)), 1.0, lambda _: None)


def test_coins_turned_for_trial_show_what_turned_frames_do(pixels, found):
    some, told = [1, 4, 7, 8, 10], []
    turned = turn_some(pixels, found.frames, some, told.append)
    for way, by in enumerate((0, -TURN_DEG, TURN_DEG)):
        frames = [found.frames[one].turned(by) for one in some]
        cells, seen = describe_cells([pixels[one] for one in some], frames, cell_px=8)
        # A turned frame blurs its pixels a little, and a pixel that is moved lies in one cell or the next.
        apart = [
            float(np.abs(turned.cells[:, one] - cells.numpy()).mean() / cells.abs().mean())
            for one in range(3)
        ]
        assert apart[way] < (0.2 if by else 1e-6), apart
        assert all(far > 0.5 for one, far in enumerate(apart) if one != way), apart
        assert np.abs(turned.seen[:, way] - seen.numpy()).mean() < 0.02
    assert sum(told) == len(some)


def test_what_coins_have_in_common_is_taken_off_each_way(pixels, found):
    turned = turn_some(pixels, found.frames, range(6), lambda _: None)
    common = common_of(turned.cells[:, 0], turned.seen[:, 0])
    before = turned.cells.copy()
    for way, less in enumerate(turned.less(common, slice(2, 5))):
        expected = without_common(turned.cells[2:5, way].copy(), turned.seen[2:5, way], common)
        np.testing.assert_array_equal(less, expected)
    np.testing.assert_array_equal(turned.cells, before)


def test_chunks_follow_each_other(pixels, found, monkeypatch):
    monkeypatch.setattr(views, "CHUNK", 5)
    told = []
    chunks = FreshViews().find(pixels, centre_crop=1.0, advance=told.append)
    assert [len(some.frames) for some in chunks] == [5, 5, 2]
    assert sum(told) == 12
    np.testing.assert_array_equal(np.concatenate([some.cells for some in chunks]), found.cells)
    turned = FreshViews().turn(pixels, found.frames, advance=told.append)
    assert [len(some.cells) for some in turned] == [5, 5, 2]
