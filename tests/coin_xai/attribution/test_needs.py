import pytest

from coin_xai.attribution.methods import METHODS
from coin_xai.attribution.needs import needs_of


@pytest.mark.parametrize(
    ("methods", "maps", "map_gradients", "rules"),
    [
        (["fem", "cam"], True, False, ()),
        (["grad_cam"], True, True, ()),
        (["layer_cam", "gradient"], True, True, ("standard",)),
        (["deconvnet"], False, False, ("deconv",)),
        (METHODS, True, True, ("guided",)),
    ],
)
def test_no_more_is_kept_than_the_methods_need(methods, maps, map_gradients, rules):
    needs = needs_of(methods)
    assert (needs.maps, needs.map_gradients, needs.rules) == (maps, map_gradients, rules)
