"""What Prefect's form posts, and what the flows make of it."""

import pytest
from prefect.utilities.callables import parameter_schema

from coin_xai.deepcluster.options import TrainingOptions
from flows.study import study
from flows.train_clusters import train_clusters


def posted(flow):
    """Return the training that the form posts untouched: the default of every field, nested ones included."""
    schema = parameter_schema(flow.fn).model_dump_for_openapi()

    def defaults(name):
        return {
            field: defaults(rules["$ref"].split("/")[-1]) if "$ref" in rules else rules["default"]
            for field, rules in schema["definitions"][name]["properties"].items()
        }

    assert schema["properties"]["training"]["$ref"].endswith("/TrainingOptions")
    return defaults("TrainingOptions")


@pytest.mark.parametrize("flow", [study, train_clusters])
@pytest.mark.parametrize("profile", ["small", "legacy"])
def test_a_form_in_which_only_the_profile_was_chosen_gives_that_profile(flow, profile):
    assert TrainingOptions.model_validate({**posted(flow), "profile": profile}) == TrainingOptions(
        profile=profile
    )


def test_what_is_filled_in_beside_the_profile_counts():
    filled = {**posted(train_clusters), "profile": "legacy", "learning_rate": 0.01}
    filled["augmentation"]["flip"] = False
    differences = TrainingOptions.model_validate(filled).differences()
    assert differences == {"learning_rate": (0.05, 0.01), "flip": (True, False)}


def test_a_form_says_what_each_profile_would_fill_in():
    rules = TrainingOptions.model_json_schema()["properties"]["learning_rate"]
    assert "(small 0.01, legacy 0.05)" in rules["description"]
    assert {"type": "null"} in rules["anyOf"]
    assert rules["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0, "maximum": 10}
