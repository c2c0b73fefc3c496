"""The forms of the deployed flows, as Prefect derives them when they are deployed."""

import inspect

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import validate

from flows.backfill import backfill_explanations
from flows.claims import ask_claims
from flows.experiment import experiment
from flows.explain_clusters import explain_clusters
from flows.forms.form import close
from flows.prune import prune_all
from flows.study import study
from flows.train_clusters import train_clusters

FLOWS = [
    study,
    experiment,
    train_clusters,
    explain_clusters,
    ask_claims,
    backfill_explanations,
    prune_all,
]


def form(flow):
    return parameter_schema(flow).model_dump_for_openapi()


def fields(schema, properties=None, prefix=""):
    """Yield every field of a form, at any depth, by its name and with all that a form knows of it."""
    for name, rules in (properties or schema["properties"]).items():
        defined = schema["definitions"][rules["$ref"].split("/")[-1]] if "$ref" in rules else {}
        whole = {**defined, **rules}
        yield f"{prefix}{name}", whole
        if "properties" in whole:
            yield from fields(schema, whole["properties"], f"{prefix}{name}.")


def refusals(flow, parameters):
    return [error.message for error in validate(parameters, form(flow))]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_field_has_a_title_a_text_one_type_and_a_place(flow):
    found = dict(fields(form(flow)))
    for name, rules in found.items():
        assert rules["title"], name
        assert rules["description"].endswith((".", ")")), name
        assert isinstance(rules["type"], str), name
        assert not {"anyOf", "oneOf", "allOf"} & set(rules), name
        assert rules.get("default", "") is not None, name
        assert "position" in rules, name
    if flow is study:
        assert {"training.augmentation.flip", "duration.label", "explanation.target"} <= set(found)


def test_what_everybody_needs_comes_first():
    assert list(form(study)["properties"]) == [
        "photographs",
        "place",
        "duration",
        "training",
        "explanation",
        "claims",
    ]
    assert next(iter(form(explain_clusters)["properties"])) == "run_folder"


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_no_group_has_a_default_that_would_be_posted_as_if_it_were_meant(flow):
    assert [name for name, rules in form(flow)["properties"].items() if "default" in rules] == []


def test_a_flow_is_still_called_by_position_with_its_own_defaults():
    names = list(inspect.signature(study.fn).parameters)
    assert names == ["photographs", "training", "duration", "place", "explanation", "claims"]
    assert inspect.signature(study.fn).parameters["duration"].default.epochs == 20


GIVEN = {"photographs": {"images": "/data/coins"}}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"photographs": {"images": "/data/coins", "coins": None}, "duration": {"label": None}}, []),
        ({"training": {"learning_rate": None, "batch_size": 8}}, []),
        ({"place": {"runs": "s3://bucket/runs"}}, []),
        ({"photographs": {"images": ""}}, ["'' should be non-empty", "'' does not match '^/'"]),
        ({"photographs": {"images": "demo/coins"}}, ["'demo/coins' does not match '^/'"]),
        ({"training": {"init_weights": "w.pt"}}, ["'w.pt' does not match '^/'"]),
        ({"duration": {"label": ""}}, ["'' should be non-empty"]),
        ({"training": {"k": 0}}, ["0 is less than the minimum of 2"]),
        ({"training": {"kk": 3}}, ["Additional properties are not allowed ('kk' was unexpected)"]),
    ],
)
def test_a_server_takes_nulls_and_refuses_what_means_nothing(changed, words):
    assert sorted(refusals(study, {**GIVEN, **changed})) == sorted(words)


def test_a_run_is_named_by_an_absolute_path_or_an_address():
    assert refusals(explain_clusters, {"run_folder": "/data/runs/celtic", "epoch": 3}) == []
    assert refusals(explain_clusters, {"run_folder": "s3://bucket/celtic", "epoch": None}) == []
    assert refusals(explain_clusters, {"run_folder": "celtic"})
    assert refusals(explain_clusters, {"run_folder": "/data/runs/celtic", "epoch": "3"})


def test_the_file_of_an_experiment_is_named_by_an_absolute_path():
    assert refusals(experiment, {"file": "/data/celtic.toml"}) == []
    assert refusals(experiment, {"file": "celtic.toml"})
    assert refusals(experiment, {})


def test_claims_are_asked_of_runs_by_absolute_paths():
    assert refusals(ask_claims, {"run_folders": ["/data/runs/a", "s3://bucket/b"], "parts": "radial"}) == []
    assert refusals(ask_claims, {"run_folders": ["/data/runs/a"], "label": None}) == []
    marked = {"run_folders": ["/data/runs/a"], "parts": "table", "parts_table": "/data/parts.csv"}
    assert refusals(ask_claims, marked) == []
    assert refusals(ask_claims, {**marked, "parts_table": "parts.csv"})
    claims = {"claims": "table", "parts_table": "/data/parts.csv"}
    assert refusals(explain_clusters, {"run_folder": "/data/runs/a", "claims": claims}) == []
    for wrong in ({}, {"run_folders": []}, {"run_folders": ["a"]}, {"run_folders": ["/a"], "parts": "star"}):
        assert refusals(ask_claims, wrong), wrong


def test_runs_to_look_at_are_named_by_a_list_of_names():
    checkpoints = {"runs": "/data/runs", "names": ["celtic"], "every_checkpoint": True}
    assert refusals(backfill_explanations, {"checkpoints": checkpoints}) == []
    assert refusals(backfill_explanations, {}) == []
    assert refusals(backfill_explanations, {"checkpoints": {"runs": "s3://bucket/runs"}})


def test_a_closed_deployment_refuses_a_misspelt_group_by_its_name():
    deployment = close(train_clusters.to_deployment("closed"))
    schema = deployment._parameter_openapi_schema.model_dump(exclude_unset=True)
    assert validate(GIVEN, schema) == []
    (error,) = validate({**GIVEN, "trainin": {}}, schema)
    assert error.message == "Additional properties are not allowed ('trainin' was unexpected)"
