"""Runs in MLflow itself, in a database of SQLite."""

import sys
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from storage.errors import MissingError, UnreachableError
from storage.layout import RunLayout
from tasks.comparing.finished_run import read_finished
from tasks.tracking.track import track
from tasks.tracking.tracked_run import tracked

MLFLOW = Path(sys.prefix) / "mlflow"
"""Where `make` has put MLflow's client, beside the environment of most tests."""


@pytest.fixture
def mlflow(monkeypatch, tmp_path):
    """Find MLflow, as long as the test wants it, and work in an empty folder."""
    assert (MLFLOW / "mlflow").is_dir(), f"no mlflow in {MLFLOW}: run make, which puts it there"
    monkeypatch.syspath_prepend(MLFLOW)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.chdir(tmp_path)
    import mlflow

    return mlflow


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    """The address of a database; the first test makes it, which takes MLflow seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/lab/mlflow.db"


@pytest.fixture
def runs_of(mlflow, uri):
    """Return what MLflow has in an experiment, with the whole history of each figure."""
    client = mlflow.MlflowClient(tracking_uri=uri)

    def found(experiment):
        place = client.get_experiment_by_name(experiment).experiment_id
        told = {}
        for run in client.search_runs([place]):
            history = {
                name: sorted(
                    (one.step, one.value) for one in client.get_metric_history(run.info.run_id, name)
                )
                for name in run.data.metrics
            }
            told[run.info.run_id] = (run, history)
        return told

    return found


def test_mlflow_has_what_is_told_of_a_run(explained_run, runs_of, uri):
    store = track([explained_run.layout.root], uri=uri, experiment="one")
    assert store.uri == uri
    assert [*Path().iterdir()] == []  # nothing where one works
    told = tracked(read_finished(explained_run.layout.root))
    [(run_id, (run, history))] = runs_of("one").items()
    assert store.runs == [(told.name, run_id, True)]
    assert run.data.params == told.settings
    assert {(name, step): value for name, pairs in history.items() for step, value in pairs} == {
        (one.name, one.epoch): one.value for one in told.figures
    }
    assert run.info.run_name == told.name
    assert run.info.status == "FINISHED"
    assert (run.info.end_time - run.info.start_time) / 1000 == pytest.approx(
        (told.ended - told.begun).total_seconds(), abs=0.01
    )
    assert run.data.tags["mlflow.note.content"] == told.words
    assert run.data.tags["coin_xai.page"] == told.about["page"]


def test_files_lie_beside_the_database_wherever_one_works(explained_run, runs_of, uri):
    track([explained_run.layout.root], uri=uri, experiment="a/b")
    [(run, _)] = runs_of("a/b").values()
    folder = Path(unquote(run.info.artifact_uri.removeprefix("file://")))
    assert folder.is_relative_to(Path(uri.removeprefix("sqlite:///")).parent)
    told = tracked(read_finished(explained_run.layout.root))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == told.files
    assert [*Path().iterdir()] == []


def test_a_run_that_is_told_again_is_changed_and_not_doubled(copy, runs_of, uri):
    [first] = track([copy.root], uri=uri, experiment="again").runs
    before = runs_of("again")
    assert track([copy.root], uri=uri, experiment="again").runs == [first._replace(new=False)]
    after = runs_of("again")
    assert [history for _, history in after.values()] == [history for _, history in before.values()]
    assert [run.data.to_dictionary() for run, _ in after.values()] == [
        run.data.to_dictionary() for run, _ in before.values()
    ]

    rows = pd.read_csv(copy.metrics)
    rows.loc[rows["epoch"] == 1, "loss"] = 0.125
    rows.to_csv(copy.metrics, index=False)
    track([copy.root], uri=uri, experiment="again")
    [(run_id, (_, history))] = runs_of("again").items()
    assert run_id == first.run_id
    [(_, known)] = before.values()
    assert history.pop("loss") == sorted([*known.pop("loss"), (1, 0.125)])
    assert history == known


def test_runs_of_other_names_are_others(copy, runs_of, uri):
    other = RunLayout(copy.root.with_name("other"))
    copy.root.rename(other.root)
    copy.root.mkdir()
    for path in other.root.iterdir():
        (copy.root / path.name).symlink_to(path)
    runs = track([copy.root, other.root], uri=uri, experiment="two").runs
    assert [(one.name, one.new) for one in runs] == [(copy.root.name, True), ("other", True)]
    assert {*runs_of("two")} == {one.run_id for one in runs}


@pytest.mark.usefixtures("mlflow")
def test_what_mlflow_refuses_is_said(explained_run):
    with pytest.raises(UnreachableError, match=r"MLflow at nonsense://here cannot be used .*--uri"):
        track([explained_run.layout.root], uri="nonsense://here")


@pytest.mark.usefixtures("mlflow")
@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("http://lab:secret@127.0.0.1:9", r"MLflow at http://lab:\*\*\*@127\.0\.0\.1:9 cannot be used"),
        ("sqlite:////proc/nowhere/mlflow.db", "MLflow at sqlite:////proc/nowhere/mlflow.db cannot be used"),
    ],
)
def test_a_store_that_cannot_be_reached_is_named_without_its_password(explained_run, monkeypatch, uri, told):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(UnreachableError, match=told) as caught:
        track([explained_run.layout.root], uri=uri)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_experiment_that_was_deleted_is_named(explained_run, mlflow, uri):
    client = mlflow.MlflowClient(tracking_uri=uri)
    client.delete_experiment(client.create_experiment("deleted"))
    with pytest.raises(MissingError, match=r"experiment deleted was deleted in MLflow: restore it"):
        track([explained_run.layout.root], uri=uri, experiment="deleted")


@pytest.mark.usefixtures("mlflow")
def test_a_folder_of_the_user_stays(explained_run, uri):
    Path("mlruns").mkdir()
    track([explained_run.layout.root], uri=uri, experiment="one")
    assert [*Path().iterdir()] == [Path("mlruns")]


@pytest.mark.usefixtures("mlflow")
def test_a_run_that_is_not_finished_leaves_no_other_one_behind(explained_run, copy, tmp_path):
    for record in copy.checkpoints.glob("*.json"):
        record.unlink()
    with pytest.raises(MissingError, match="no finished checkpoint"):
        track([explained_run.layout.root, copy.root], uri=f"sqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "new.db").exists()


def test_without_mlflow_it_is_said_what_to_install(explained_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingError, match=r"pip install 'coin-xai\[mlflow\]'"):
        track([explained_run.layout.root])


@pytest.mark.usefixtures("mlflow")
def test_the_command_names_each_run_and_the_store(explained_run, runs_of, uri, command_line):
    command = ["track", explained_run.layout.root, "--uri", uri, "--experiment", "by command"]
    first, second = command_line(command), command_line(command)
    assert (first.exit_code, second.exit_code) == (0, 0)
    [run_id] = runs_of("by command")
    assert first.stdout.splitlines() == [f"new       test {run_id}", f"mlflow    {uri}"]
    assert second.stdout.splitlines()[0] == f"updated   test {run_id}"
