import numpy as np
import pytest

from coin_xai.attribution.formulas.grad_cam import guided_grad_cam
from coin_xai.attribution.formulas.gradients import saliency
from coin_xai.attribution.methods import ALL_METHODS, METHODS
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.cut_out import SIZE_PX, Frame
from coin_xai.photographs.square import Square
from coin_xai.pictures.gradient_pictures import gradient_picture
from coin_xai.pictures.heatmaps import overlay
from tasks.explaining.draw import draw, drawn_from
from tests.coin_xai.conftest import as_pixels

WHOLE = Square(10, 0, 60)


@pytest.fixture
def photograph():
    return np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def measured(channels):
    random = np.random.default_rng(1)
    gradients = ("gradient", "deconvnet", "guided_backpropagation")
    maps = {name: random.normal(size=(6, 6)).astype(np.float32) for name in ALL_METHODS}
    return maps | {name: random.normal(size=(*channels, 32, 32)).astype(np.float16) for name in gradients}


def test_what_is_drawn_from_is_what_is_kept():
    assert drawn_from(("guided_grad_cam",)) == {"grad_cam", "guided_backpropagation"}
    assert drawn_from(METHODS) == {"grad_cam", "guided_backpropagation"}
    assert drawn_from(("layer_cam", "gradient")) == {"layer_cam", "gradient"}


@pytest.mark.parametrize("channels", [(), (3,)])
def test_pictures_are_those_of_the_formulas_of_the_attribution(photograph, channels):
    maps = measured(channels)
    drawn = draw(ALL_METHODS, maps, photograph, square=WHOLE)
    assert tuple(drawn) == ALL_METHODS
    double = {name: values.astype(np.float64) for name, values in maps.items()}
    product = guided_grad_cam(double["guided_backpropagation"], double["grad_cam"])
    for method, expected in (
        ("guided_grad_cam", gradient_picture(product)),
        ("gradient", gradient_picture(saliency(double["gradient"]))),
        ("deconvnet", gradient_picture(double["deconvnet"])),
        ("layer_cam", overlay(photograph, maps["layer_cam"], square=WHOLE)),
    ):
        assert drawn[method].shape == expected.shape, method
        assert np.abs(drawn[method].astype(int) - expected).max() <= 1, method


def test_heat_lies_where_the_network_looked(photograph):
    drawn = draw(
        ("grad_cam",), {"grad_cam": np.ones((6, 6), np.float16)}, photograph, square=Square(25, 15, 30)
    )
    coloured = (drawn["grad_cam"] != drawn["grad_cam"][..., :1]).any(axis=2)
    assert np.argwhere(coloured).min(axis=0).tolist() == [15, 25]
    assert np.argwhere(coloured).max(axis=0).tolist() == [44, 54]


def test_a_coin_without_evidence_has_a_product_that_is_mid_grey(photograph):
    maps = measured(()) | {"grad_cam": -np.ones((6, 6), np.float32)}
    assert (draw(METHODS, maps, photograph, square=WHOLE)["guided_grad_cam"] == 128).all()


@pytest.mark.parametrize("turn_deg", [0.0, 6.0, -20.0])
def test_heat_of_a_coin_that_was_cut_out_lies_on_its_part_of_the_photograph(turn_deg):
    """A bright dot is seen in a cell of the aligned coin; heat of that cell is drawn over the dot."""
    dotted = np.full((200, 260, 3), 60, np.uint8)
    dotted[78:83, 158:163] = 255
    frame = Frame(60, 10, 160, turn_deg)
    (shown,) = Aligned(as_pixels([dotted]), [frame])
    cell = np.argwhere(shown[..., 0] > 200).mean(axis=0) // (SIZE_PX / 16)
    one_cell = np.zeros((16, 16), np.float32)
    one_cell[tuple(cell.astype(int))] = 1
    drawn = draw(("hires_cam",), {"hires_cam": one_cell}, dotted, square=frame)["hires_cam"].astype(int)
    red = drawn[..., 0] - drawn[..., 2] > 60
    assert np.argwhere(red).mean(axis=0) == pytest.approx((80, 160), abs=160 / 16 / 2 + 0.5)
