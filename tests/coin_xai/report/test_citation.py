import pytest
import yaml

from coin_xai.report.citation import citation

KNOWN = {"explanation": "abc123", "coins": 18, "clusters": 3, "version": "0.1.0"}


@pytest.mark.parametrize("run", ["Berlin", 'a "run": with # signs\n- and lines', "é ü"])
def test_it_is_a_data_set_that_names_the_software(run):
    found = yaml.safe_load(citation(run, authors=[], **KNOWN))
    assert found["cff-version"] == "1.2.0"
    assert found["type"] == "dataset"
    assert found["title"].startswith(f"{run}: 18 coins in 3 clusters")
    assert {"message", "authors", "identifiers"} <= set(found)
    assert found["identifiers"][0]["value"] == "abc123"
    (software,) = found["references"]
    assert (software["type"], software["title"], software["version"]) == ("software", "coin-xai", "0.1.0")
    assert software["authors"]


def test_authors_are_people_or_institutions():
    found = yaml.safe_load(citation("x", authors=["Meier, Eva", "Münzkabinett"], **KNOWN))
    assert found["authors"] == [{"family-names": "Meier", "given-names": "Eva"}, {"name": "Münzkabinett"}]


def test_without_authors_the_run_still_has_one():
    assert yaml.safe_load(citation("x", authors=[], **KNOWN))["authors"] == [
        {"name": "The makers of the run x"}
    ]
