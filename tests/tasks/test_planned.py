import pytest

from coin_xai.deepcluster.options import TrainingOptions
from tasks.planned import stages_of_explanation, stages_of_training
from tasks.running.kept_times import read_times
from tasks.running.stage_times import BETWEEN, JOINED


def test_a_study_goes_through_what_was_planned(explained_run):
    options = TrainingOptions(k=3, width=1 / 16, batch_size=8)
    planned = [*stages_of_training(options, label=None), *stages_of_explanation(options)]
    names = [one.stage for one in read_times(explained_run.layout) if one.stage != BETWEEN]
    gone_through = {single for name in names for single in name.split(JOINED)}
    assert gone_through == {*planned}
    assert [name for name in names if name in planned[:-7]] == planned[:-7]


@pytest.mark.parametrize(
    ("options", "label", "expected"),
    [
        ({"network": "alexnet", "clustering": "kmeans"}, None, ["ingest", "train", "fit head"]),
        (
            {"network": "alexnet", "clustering": "kmeans", "background": "remove"},
            "ruler",
            ["ingest", "find coins", "baseline", "untrained network", "train", "fit head"],
        ),
        (
            {"clustering": "kmeans"},
            None,
            ["ingest", "find coins", "describe coins", "turn coins", "cut out coins", "train", "fit head"],
        ),
        (
            {"orientation": "any"},
            None,
            [
                *("ingest", "find coins", "look around", "describe all turns", "compare roughly"),
                *("compare all turns", "describe coins", "turn coins", "cut out coins", "cut clusters"),
                *("train", "fit head"),
            ],
        ),
    ],
)
def test_other_options_have_other_stages(options, label, expected):
    assert stages_of_training(TrainingOptions(**options), label=label) == expected


def test_claims_are_asked_between_what_they_rest_on_and_the_page():
    without, asked = (stages_of_explanation(TrainingOptions(), claims=claims) for claims in (False, True))
    assert [name for name in asked if name in without] == without
    places = [asked.index(name) for name in ("measure", "measure for claims", "answer claims", "publish")]
    assert places == sorted(places)


def test_of_large_networks_no_training_is_repeated():
    assert "train without each fold" not in stages_of_explanation(TrainingOptions(network="vgg16"))
