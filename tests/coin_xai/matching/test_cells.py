import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from coin_xai.matching.cells import describe_cells, describe_cut, describe_turned, without_common
from coin_xai.matching.cut_out import SIZE_PX, Frame, frame_of
from tests.coin_xai.photographs.test_quality import drawn

WHOLE = Frame(0, 0, 200)


def of_one(photograph, frame):
    """Return the cells of one coin and how far each is seen."""
    return (found[0].numpy() for found in describe_cells([photograph], [frame], cell_px=8))


def cells_of(photograph, frame):
    cells, _seen = of_one(photograph, frame)
    return cells


def on(ground, **changes):
    return drawn(ground=ground, radius=70, **changes)


@pytest.mark.parametrize("degrees", [-30, 8, 45])
def test_a_turned_frame_shows_what_a_turned_photograph_does(degrees):
    """Turned counter-clockwise about its centre, with no corner cut from beyond the photograph."""
    picture = ndimage.gaussian_filter(np.random.default_rng(2).uniform(0, 255, (400, 400, 1)), (4, 4, 0))
    picture = np.clip(128 + 20 * (picture - 128), 0, 255).astype(np.uint8).repeat(3, axis=2)
    turned = np.asarray(Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC))
    frame = Frame(120, 120, 160)
    found, as_is = (cells_of(picture, one) for one in (frame.turned(degrees), frame))
    expected = cells_of(turned, frame)
    assert difference(found, expected) < 0.1 < 0.3 < difference(as_is, expected)


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2])
def test_coins_turned_by_right_angles_have_the_cells_of_turned_pictures(quarters):
    """There no pixel lies between cells, so both ways tell the same."""
    generator = np.random.default_rng(4)
    grey, on_coin = (
        torch.from_numpy(ndimage.gaussian_filter(noise, (0, 3, 3)).astype(np.float32))
        for noise in generator.uniform(0, [[[[1]]], [[[2]]]], (2, 2, SIZE_PX, SIZE_PX))
    )
    found = describe_turned(grey, on_coin, (90 * quarters, 0), cell_px=8)
    for one, picture in ((0, quarters), (1, 0)):
        expected = describe_cut(*(each.rot90(picture, (1, 2)) for each in (grey, on_coin)), cell_px=8)
        for told, wanted in zip(found, expected, strict=True):
            torch.testing.assert_close(told[:, one], wanted, rtol=0, atol=1e-3)  # in float32, of about 1


def test_the_mask_turns_with_the_photograph():
    mask = np.zeros((50, 50), dtype=bool)
    mask[:, :25] = True  # the left half, which a quarter turn counter-clockwise lays at the bottom
    _cells, seen = of_one(on(255), Frame(50, 50, 100, mask=mask).turned(90))
    assert seen[12, 8] == pytest.approx(1)
    assert seen[3, 8] == 0


def test_the_background_does_not_count():
    light, dark = on(255), on(5)
    framed = [cells_of(one, frame_of(one, centre_crop=1.0)) for one in (light, dark)]
    whole = [cells_of(one, WHOLE) for one in (light, dark)]
    assert difference(*framed) < 0.15 < 0.3 < difference(*whole)


def difference(one, other):
    return np.abs(one - other).mean() / np.abs(one).mean()


def test_contrast_does_not_count():
    strong, weak = (cells_of(drawn(relief=relief), WHOLE) for relief in (30, 15))
    assert np.abs(strong - weak)[4:12, 4:12].max() < 0.15 * strong.max()


def test_directions_that_are_strong_all_over_the_coin_are_evened():
    """A lamp at the side shows the edges across its light more than those along it."""
    heights = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(SIZE_PX, SIZE_PX)), 3)
    down, right = np.gradient(heights / heights.std())

    def lit(along_x, along_y):
        grey = np.clip(128 + 150 * (along_x * right + along_y * down), 0, 255)
        photograph = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
        return cells_of(photograph, Frame(0, 0, SIZE_PX))

    share = lit(1, 0).sum(axis=(0, 1))
    assert share.max() < 1.4 * share.min()


def test_a_cell_beyond_the_coin_is_neither_seen_nor_anything():
    picture = on(255)
    frame = frame_of(picture, centre_crop=1.0).moved(0, 0, scale=1.5)
    cells, seen = of_one(picture, frame)
    assert seen[8, 8] == pytest.approx(1)
    assert seen[0, 0] == 0
    assert not cells[seen == 0].any()


def test_a_frame_may_reach_beyond_the_photograph():
    picture = on(255)
    _cells, seen = of_one(picture, Frame(-100, -50, 300, mask=np.ones((50, 50), bool)))
    assert seen[:, :5].max() == 0
    assert seen[8, 12] == pytest.approx(1)


@pytest.mark.parametrize("size", [(40, 60), (97, 131)])
def test_a_picture_without_edges_has_empty_cells(size):
    cells, seen = of_one(np.full((*size, 3), 90, np.uint8), Frame(10, 0, 40))
    assert seen.all()
    assert not cells.any()


def test_what_all_coins_share_is_taken_off_as_far_as_each_shows_it():
    """Worn coins show a cross faintly: its missing rest must not make them alike."""
    generator = np.random.default_rng(9)
    cross, own = generator.random((16, 16, 9)), generator.normal(size=(12, 16, 16, 9))
    seen = (generator.random((12, 16, 16)) < 0.9).astype(np.float32)
    strength = np.where(np.arange(12) < 6, 0.3, 1.5)
    cells = ((own + strength[:, None, None, None] * cross + 0.2) * seen[..., None]).astype(np.float32)
    down, across = (np.indices((16, 16)) + 0.5) / 8 - 1
    fading = np.clip(1.2 - np.hypot(down, across), 0, 1)
    expected = []
    for one, visible in zip(cells, seen, strict=True):
        level = np.repeat((visible * fading)[..., None], 9, axis=2)
        shared = np.stack([(cross * level).ravel(), level.ravel()], axis=1)
        right = (one * fading[..., None]).ravel()
        expected.append(right - shared @ np.linalg.lstsq(shared, right, rcond=None)[0])
    found = without_common(cells, seen, cross.astype(np.float32))
    np.testing.assert_allclose(found.reshape(12, -1), expected, atol=1e-4)
