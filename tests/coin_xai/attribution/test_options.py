import pytest

from coin_xai.attribution.options import ExplanationOptions


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
