import numpy as np
import pytest
from PIL import Image

from coin_xai.attribution.formulas.heat import heat
from coin_xai.errors import OptionError
from coin_xai.photographs.square import Square
from coin_xai.pictures import heatmaps
from coin_xai.pictures.heatmaps import heat_colours, overlay, overlays


def random(seed=3):
    return np.random.default_rng(seed)


def photograph(height=40, width=60):
    return random().integers(0, 256, (height, width, 3), dtype=np.uint8)


def grey_of(picture):
    return np.rint(picture @ [0.299, 0.587, 0.114])


def is_grey(picture):
    return (picture == picture[..., :1]).all()


def test_the_scale_goes_from_blue_over_cyan_and_yellow_to_red():
    blue, cyan, yellow, red = heat_colours(np.array([0.0, 0.4, 0.6, 1.0])).astype(int)
    assert blue[2] > 2 * max(blue[0], blue[1])
    assert red[0] > 2 * max(red[1], red[2])
    assert min(cyan[1], cyan[2]) > 2 * cyan[0]
    assert min(yellow[0], yellow[1]) > 2 * yellow[2]


def test_colours_keep_the_shape_and_change_step_by_step():
    table = heatmaps.colour_table().astype(int)
    assert table.shape == (256, 3)
    assert np.abs(np.diff(table, axis=0)).max() <= 6
    assert len(np.unique(table, axis=0)) == 256
    assert heat_colours(np.zeros((4, 5, 6))).shape == (4, 5, 6, 3)
    assert np.array_equal(heat_colours(np.linspace(0, 1, 256)), table)
    with pytest.raises(ValueError, match="read-only"):
        heatmaps.colour_table()[0] = 0


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan])
def test_heat_outside_the_scale_is_refused(value):
    with pytest.raises(OptionError, match="expected 0 to 1"):
        heat_colours(np.array([0.5, value]))


@pytest.mark.parametrize("side", [37, 224])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_heat_is_that_of_the_attribution(side, dtype):
    cam = random().normal(size=(13, 11)).astype(dtype)
    found = overlay(np.zeros((side, side, 3), np.uint8), cam, square=Square(0, 0, side), opacity=1)
    shown = heat(cam.astype(np.float64), (side, side))
    expected = heat_colours(shown) * (0.3 + 0.7 * shown)[..., None]
    assert np.abs(found - expected).max() <= 6  # one step of the 256, times the contrast of a step


def test_the_photograph_shows_through_where_the_heat_is_low():
    cam = np.zeros((13, 13))
    cam[0, 0] = 1
    coin = photograph(52, 52)
    found = overlay(coin, cam, square=Square(0, 0, 52), opacity=0.5).astype(float)
    grey = grey_of(coin)[..., None]
    red, blue = heat_colours(np.array([1.0, 0.0])).astype(float)
    assert np.abs(found[0, 0] - (0.5 * grey[0, 0] + 0.5 * red)).max() <= 2
    assert np.abs(found[20:, 20:] - (0.85 * grey[20:, 20:] + 0.15 * blue)).max() <= 2


@pytest.mark.parametrize("box", [(10, 5, 30), (-8, 3, 25), (30, 20, 50), (-5, -5, 90), (0, 0, 40)])
def test_the_box_decides_where_the_heat_lies(box):
    left, top, side = box
    coin, cam = photograph(), np.abs(random().normal(size=(7, 7)))
    found = overlay(coin, cam, square=Square(*box))
    large = np.zeros((side, side, 3), np.uint8)  # the whole square, of which the photograph shows a part
    rows, columns = slice(max(top, 0), min(top + side, 40)), slice(max(left, 0), min(left + side, 60))
    there = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    large[there] = coin[rows, columns]
    assert np.array_equal(found[rows, columns], overlay(large, cam, square=Square(0, 0, side))[there])
    unseen = np.ones((40, 60), bool)
    unseen[rows, columns] = False
    assert is_grey(found[unseen])
    # Paler than the photograph, and of a third of its contrast.
    assert found[unseen].size == 0 or found[unseen].min() > 100
    assert np.allclose(found[unseen][:, 0], grey_of(coin)[unseen] * 0.352 + 145, atol=2)
    assert not is_grey(found[rows, columns])


@pytest.mark.parametrize("value", [0.0, -2.0])
def test_no_evidence_has_no_colour_but_a_hatched_frame(value):
    coin = photograph(100, 120)
    found = overlay(coin, np.full((13, 13), value), square=Square(10, 0, 100))
    assert is_grey(found)
    inside = (slice(2, 98), slice(12, 108))
    assert np.abs(found[inside][..., 0] - grey_of(coin)[inside]).max() <= 1
    frame = found[0, 10:110, 0]
    assert set(frame.tolist()) == set(heatmaps.HATCH)
    assert 0.4 < (frame == heatmaps.HATCH[0]).mean() < 0.6


def test_even_evidence_is_hot_everywhere_and_tiny_evidence_is_drawn():
    coin = photograph(26, 26)
    hot = overlay(coin, np.full((13, 13), 0.2), square=Square(0, 0, 26), opacity=1)
    assert (hot == heat_colours(np.array(1.0))).all()
    cam = np.abs(random().normal(size=(13, 13)))
    tiny = overlay(coin, cam * 1e-200, square=Square(0, 0, 26))
    assert np.abs(tiny - overlay(coin, cam, square=Square(0, 0, 26)).astype(int)).max() <= 6


def test_the_inputs_are_not_changed_and_may_be_read_only():
    coin, cam = photograph(), random().normal(size=(13, 13))
    kept = coin.copy(), cam.copy()
    coin.flags.writeable = cam.flags.writeable = False
    for shown in (cam, -np.abs(cam)):
        picture = overlay(coin, shown, square=Square(5, 5, 30))
        picture[:] = 0
    assert np.array_equal(coin, kept[0])
    assert np.array_equal(cam, kept[1])
    mirrored = overlay(coin[:, ::-1], cam[:, ::-1], square=Square(25, 5, 30))
    assert np.abs(mirrored[:, ::-1].astype(int) - overlay(coin, cam, square=Square(5, 5, 30))).max() <= 6


@pytest.mark.parametrize("turn_deg", [0.0, 25.0])
def test_several_maps_are_laid_over_a_photograph_as_each_alone(turn_deg):
    cams = list(random().normal(size=(6, 7, 7)))
    cams[2] = -np.abs(cams[2])
    square = Square(12, -4, 36, turn_deg=turn_deg)
    found = overlays(photograph(), cams, square=square)
    assert len(found) == 6
    for picture, cam in zip(found, cams, strict=True):
        assert np.array_equal(picture, overlay(photograph(), cam, square=square))
    assert len({picture.tobytes() for picture in found}) == 6


def test_a_turned_map_lies_turned_in_the_photograph():
    cam, white = random().normal(size=(7, 7)), np.full((90, 90, 3), 255, np.uint8)
    found = overlay(white, cam, square=Square(0, 0, 90, turn_deg=25), opacity=1)
    steps = (heat(cam, (90, 90)) * 255 + 0.5).astype(np.uint8)
    upright = Image.fromarray(steps), Image.fromarray(np.full_like(steps, 255))
    turned, inside = (np.asarray(one.rotate(-25, Image.Resampling.BILINEAR)) for one in upright)
    step = turned[inside > 127]
    cover = 0.3 + 0.7 * step[:, None] / 255
    expected = heatmaps.colour_table()[step] * cover + 255 * (1 - cover)
    assert np.abs(found[inside > 127] - expected).max() <= 1.5  # two roundings, and that of the cover
    assert is_grey(found[inside <= 127])


@pytest.mark.parametrize("opacity", [0.0, 0.6, 1.0])
def test_neighbours_of_the_same_heat_differ_alike_in_all_channels(opacity):
    found = overlay(photograph(30, 30), np.ones((5, 5)), square=Square(0, 0, 30), opacity=opacity).astype(int)
    assert is_grey(found - found[:1, :1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"photograph": photograph()[..., 0]}, "expected uint8, H x W x 3"),
        ({"photograph": photograph() / 255}, "float64 of shape"),
        ({"cam": np.zeros((1, 13, 13))}, r"shape \(1, 13, 13\)"),
        ({"cam": np.full((13, 13), np.nan)}, "without NaN"),
        ({"square": Square(60, 0, 10)}, "outside the photograph of 60 x 40"),
        ({"square": Square(0, -10, 10)}, "outside the photograph"),
        ({"square": Square(0, 0, 0)}, "outside the photograph"),
        ({"opacity": 1.5}, "opacity is 1.5"),
    ],
)
def test_what_does_not_fit_an_overlay_is_refused(changes, message):
    arguments = {"photograph": photograph(), "cam": np.ones((13, 13)), "square": Square(0, 0, 40), **changes}
    with pytest.raises(OptionError, match=message):
        overlay(arguments.pop("photograph"), arguments.pop("cam"), **arguments)
