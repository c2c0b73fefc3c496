"""What Prefect's form posts, and what the flows make of it."""

import pytest
from prefect.utilities.callables import parameter_schema

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from flows.train_clusters import train_clusters


def posted(flow):
    """Return the training that the form posts untouched: every default that it shows, nested ones too."""
    schema = parameter_schema(flow).model_dump_for_openapi()

    def defaults(name):
        found = {}
        for field, rules in schema["definitions"][name]["properties"].items():
            if "$ref" in rules:
                found[field] = defaults(rules["$ref"].split("/")[-1])
            elif "default" in rules:
                found[field] = rules["default"]
        return found

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
    assert (rules["type"], rules["exclusiveMinimum"], rules["maximum"]) == ("number", 0, 10)
    assert "default" not in rules


def test_what_only_some_profiles_switch_on_is_a_choice_that_can_be_left_untouched():
    schema = TrainingOptions.model_json_schema()
    flip = schema["$defs"]["Augmentation"]["properties"]["flip"]
    assert flip["enum"] == ["on", "off"]
    assert "(small off, legacy on)" in flip["description"]
    for chosen, means in (("on", True), ("off", False)):
        filled = TrainingOptions.model_validate({"profile": "legacy", "augmentation": {"flip": chosen}})
        assert filled.augmentation.flip is means


@pytest.mark.parametrize(
    ("model", "given", "name"),
    [
        (Photographs, {"images": ""}, "images"),
        (Photographs, {"images": "coins", "coins": ""}, "coins"),
        (TrainingOptions, {"init_weights": ""}, "init_weights"),
        (Place, {"name": ""}, "name"),
        (Duration, {"label": ""}, "label"),
    ],
)
def test_an_empty_text_is_refused_by_name(model, given, name):
    with pytest.raises(OptionError, match=f"^{name} is empty; give a value, or leave it out$"):
        model.model_validate(given)


def test_what_tells_runs_apart_and_what_everybody_sets_comes_first():
    assert list(TrainingOptions.model_fields)[:2] == ["k", "seed"]
    assert list(TrainingOptions.model_fields)[-1] == "augmentation"
    assert next(iter(Duration.model_fields)) == "epochs"
    assert next(iter(Place.model_fields)) == "name"
