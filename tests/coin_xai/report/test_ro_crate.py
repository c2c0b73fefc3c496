import json

import pytest
from rocrate.rocrate import ROCrate

from coin_xai.report.ro_crate import NAME, PROFILE, Content, Made, ro_crate

PHOTOGRAPHS = "photographs.sha256"
CONTENTS = (
    Content("report.html", "the page", 4),
    Content("page/app/coins.csv", "one row a coin", 3),
    Content(PHOTOGRAPHS, "the photographs", 2),
)


def made(**changed):
    usual = {
        "run": "Kelten <1>",
        "on": "2026-11-30",
        "coins": 30,
        "clusters": 4,
        "version": "0.1.0",
        "libraries": {"torch": "2.14.1"},
        "options": {"k": 4, "augmentation": {"flip": False}, "clustering": None},
        "authors": ("Müller, Anna", "A museum"),
    }
    return Made(**{**usual, **changed})


@pytest.fixture
def crate(tmp_path):
    """The crate as the library reads it, from a folder that holds its files."""
    for one in CONTENTS:
        file = tmp_path / one.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * one.bytes)
    (tmp_path / NAME).write_text(ro_crate(made(), CONTENTS, photographs=PHOTOGRAPHS), encoding="utf-8")
    return ROCrate(tmp_path)


def test_another_program_finds_every_file_with_its_size_and_type(crate):
    found = {entity.id: entity for entity in crate.data_entities}
    assert {*found} == {"report.html", "page/app/coins.csv", "page/", PHOTOGRAPHS}
    assert found["report.html"]["encodingFormat"] == "text/html"
    assert found["page/app/coins.csv"]["contentSize"] == "3"
    assert crate.name == "Kelten <1>: 30 coins in 4 clusters"
    assert crate.root_dataset["datePublished"] == "2026-11-30"
    assert crate.root_dataset["conformsTo"].id == PROFILE


def test_it_says_which_program_made_what_of_what_by_which_options(crate):
    action = crate.root_dataset["mentions"]
    assert action.type == "CreateAction"
    assert action["instrument"]["softwareVersion"] == "0.1.0"
    assert action["instrument"]["softwareRequirements"] == ["torch 2.14.1"]
    photographs, *options = action["object"]
    assert photographs.id == PHOTOGRAPHS
    assert {one["name"]: one["value"] for one in options} == {
        "k": 4,
        "augmentation": '{"flip": false}',
        "clustering": "null",
    }
    assert {one.id for one in action["result"]} == {"report.html", "page/app/coins.csv", "page/"}
    assert action["startTime"] == "2026-11-30"
    person, museum = action["agent"]
    assert (person.type, person["name"]) == ("Person", "Anna Müller")
    assert (museum.type, museum["name"]) == ("Organization", "A museum")


def test_without_authors_nobody_is_made_up():
    graph = json.loads(ro_crate(made(authors=()), CONTENTS, photographs=PHOTOGRAPHS))["@graph"]
    by_id = {one["@id"]: one for one in graph}
    assert "author" not in by_id["./"]
    assert "agent" not in by_id["#made"]


def test_the_same_run_gives_the_same_text():
    first, second = (ro_crate(made(), CONTENTS, photographs=PHOTOGRAPHS) for _ in range(2))
    assert first == second
