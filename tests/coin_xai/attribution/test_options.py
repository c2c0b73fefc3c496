import pytest

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.errors import OptionError


@pytest.mark.parametrize(
    ("given", "trainer", "target"),
    [
        ({}, "deepcluster", "logit"),
        ({}, "deepcluster-v2", "similarity"),
        ({"also": ("finer_cam",)}, "deepcluster-v2", "logit"),
        ({"target": "lead"}, "deepcluster-v2", "lead"),
        ({"target": "similarity"}, "deepcluster", "similarity"),
    ],
)
def test_what_is_left_out_is_what_the_trainer_has_taught(given, trainer, target):
    options = ExplanationOptions(**given)
    assert options.target_for(trainer) == target
    assert options.resolved(trainer) == ExplanationOptions(**{**given, "target": target})


def test_hires_cam_is_shown_where_maps_go_into_linear_layers_or_it_is_asked_for():
    usual, asked = ExplanationOptions(), ExplanationOptions(also=["hires_cam", "cam"])
    assert set(usual.methods_for("alexnet")) - set(usual.methods_for("resnet18")) == {"hires_cam"}
    assert usual.methods_for("vgg16") == usual.methods_for("alexnet")
    assert asked.methods_for("alexnet") == asked.methods_for("resnet50")


def test_match_maps_are_shown_where_matching_made_the_clusters_and_coins_lie_alike():
    usual, asked = ExplanationOptions(), ExplanationOptions(also=["match"])
    assert usual.shown_for("gridnet", matched=True) == (*usual.methods_for("gridnet"), "match")
    assert usual.shown_for("gridnet", matched=False) == usual.methods_for("gridnet")
    assert usual.shown_for("alexnet", matched=True) == usual.methods_for("alexnet")
    assert asked.shown_for("gridnet", matched=False) == usual.shown_for("gridnet", matched=True)
    with pytest.raises(OptionError, match=r"--also match .* alexnet .* train with --network gridnet"):
        asked.shown_for("alexnet", matched=True)
