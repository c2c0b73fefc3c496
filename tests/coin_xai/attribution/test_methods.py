import pytest

from coin_xai.attribution.methods import (
    ALL_METHODS,
    METHODS,
    check_methods,
    gradients_wanted,
    maps_wanted,
)
from coin_xai.errors import OptionError


def test_the_published_three_are_among_all():
    assert {*METHODS} < {*ALL_METHODS}
    assert len({*ALL_METHODS}) == len(ALL_METHODS) == 11


def test_methods_are_ordered_and_unique():
    assert check_methods(["guided_grad_cam", "grad_cam", "grad_cam"]) == ("grad_cam", "guided_grad_cam")


@pytest.mark.parametrize("methods", [[], ["gradcam"], "grad_cam", ["grad_cam", "lime"]])
def test_unknown_methods_are_refused(methods):
    with pytest.raises(OptionError, match="methods is"):
        check_methods(methods)


def test_a_product_asks_for_its_factors():
    assert maps_wanted(["guided_grad_cam"]) == ("grad_cam",)
    assert gradients_wanted(["guided_grad_cam"]) == ("guided_backpropagation",)
