import re

import pytest

from flows.command_line.exits import FAILED, WRONG_USE
from flows.experiment import experiment
from flows.failures import PartlyFailedError
from flows.parameters import Place
from storage.runs import list_runs

FILE = """
[photographs]
images = "{images}"

[training]
k = 3
width = 0.0625
batch_size = 8
clustering = "kmeans"

[duration]
epochs = 1

[[settings]]
name = "impossible"
init_weights = "nowhere.pt"

[[settings]]
name = "three"
"""


@pytest.fixture(scope="module")
def file(coins, tmp_path_factory):
    file = tmp_path_factory.mktemp("experiment") / "try.toml"
    file.write_text(FILE.format(images=coins))
    return file


@pytest.fixture(scope="module")
def tried(file):
    """The folder of runs after an experiment of two settings, the first of which cannot be trained."""
    runs = file.parent / "runs"
    with pytest.raises(PartlyFailedError) as caught:
        experiment.fn(file, Place(runs=str(runs)))
    return runs, caught.value.failures


def test_a_setting_that_fails_is_named_and_stops_none_of_the_others(tried):
    runs, failures = tried
    assert [which for which, _ in failures] == ["try-impossible-seed31"]
    assert "nowhere.pt" in failures[0][1]
    explained = {layout.root.name for layout in list_runs(runs) if (layout.latest / "report.html").exists()}
    assert explained == {"try-three-seed31"}


def test_the_same_command_does_only_what_is_missing(call, file, tried):
    runs = tried[0]
    kept = {path: path.stat().st_ino for path in runs.glob("*/training/**/*") if path.is_file()}
    maps = {path: path.stat().st_ino for path in runs.glob("*/explanations/*/maps/*/*/*")}
    assert kept
    assert maps
    code, told = call("experiment", file, "--runs", runs)
    assert code == FAILED
    assert "try-impossible-seed31: OptionError" in told
    assert f"done: 1 of 2 settings, runs in {runs}" in told
    assert {path: path.stat().st_ino for path in {*kept, *maps}} == {**kept, **maps}


def test_a_dry_run_tells_what_is_to_do_and_what_it_may_cost_and_trains_nothing(call, file, tried, tmp_path):
    code, told = call("experiment", file, "--runs", tmp_path / "none", "--dry-run")
    assert code == 0
    assert "2 to do; what 2 of them will cost nobody knows" in told
    assert not (tmp_path / "none").exists()
    code, told = call("experiment", file, "--runs", tried[0], "--dry-run")
    assert code == 0
    assert re.search(r"1 to do: about 0\.\d\d hours and 0\.\d\d GB", told)
    assert told.count(" explained ") == 1


def test_a_file_that_is_none_is_refused_before_anything_is_trained(call, tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text("seeds = 3")
    code, told = call("experiment", file, "--runs", tmp_path / "runs")
    assert code == WRONG_USE
    assert "wrong.toml" in told
    assert not (tmp_path / "runs").exists()
