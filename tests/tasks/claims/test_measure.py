import pytest

from coin_xai.deepcluster.options import TrainingOptions
from tasks.claims.measure import sight_of


@pytest.mark.parametrize(
    ("options", "background", "colour"),
    [
        ({"network": "gridnet"}, False, False),
        ({"network": "alexnet"}, True, False),
        ({"network": "alexnet", "sobel": False}, True, True),
        ({"network": "alexnet", "background": "remove"}, False, False),
    ],
)
def test_what_a_network_sees_follows_from_how_it_is_trained(options, background, colour):
    seen = sight_of(TrainingOptions(**options))
    assert (seen.background, seen.colour) == (background, colour)
