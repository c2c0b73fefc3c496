"""The flows on a real Prefect server: the same files as without, and what the server shows of them."""

import base64
import io
import logging
import shutil

import pandas as pd
import pytest
from PIL import Image
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
    TaskRunFilter,
    TaskRunFilterFlowRunId,
)
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from coin_xai.deepcluster.options import TrainingOptions
from flows.claims import ask_claims
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from flows.train_clusters import train_clusters
from tasks.running.logs import PROGRESS
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server")]


def run_study(coins, runs):
    return study(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8, clustering="kmeans"),
        Duration(epochs=1),
        Place(runs=runs, name="test"),
    )


def flow_runs_since(known):
    # Tests before may have had a schedule, which goes on making runs for a moment once it is switched off.
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs()
    return {run.name: run for run in runs if run.id not in known and not run.auto_scheduled}


def known_runs():
    with get_client(sync_client=True) as client:
        return {run.id for run in client.read_flow_runs()}


@pytest.fixture(scope="module")
def before(server_address, coins, tmp_path_factory):
    """A study on the server: the folder of its runs, its explanation, and its flow runs by name."""
    settings = {PREFECT_API_URL: server_address, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    runs = tmp_path_factory.mktemp("before")
    with temporary_settings(settings):
        known = known_runs()
        explanation = run_study(coins, runs)
        return runs, explanation, flow_runs_since(known)


@pytest.fixture
def runs(before, tmp_path):
    """The folder of runs of that study, to be worked on further."""
    shutil.copytree(before[0], tmp_path / "runs", symlinks=True)
    return tmp_path / "runs"


def task_states(flow_run, *, expected):
    """Return the state of each of so many task runs by name; the server hears of them a little later."""
    with get_client(sync_client=True) as client:

        def all_ended():
            runs = client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run.id])),
                task_run_filter=TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[flow_run.id])),
            )
            return len(runs) >= expected and all(run.state and run.state.is_final() for run in runs) and runs

        runs = wait_until(all_ended, f"the end of {expected} task runs")
    return {run.name: run.state_name for run in runs}


def named(explanation):
    """Return how the page calls each of the three clusters."""
    sizes = pd.read_parquet(explanation / "assignments.parquet")["cluster"].value_counts()
    return [f"cluster {cluster} ({sizes[cluster]} coins in 1 chunk)" for cluster in range(3)]


def test_a_study_shows_its_steps_and_makes_the_same_files_as_without_a_server(before, explained):
    (_, explanation, runs), without = before, explained / "latest"
    assert set(runs) == {"study test", "train test", "explain test"}
    assert {run.state_name for run in runs.values()} == {"Completed"}
    trained = {"ingest": "Completed", "train to epoch 1 of 1": "Completed"}
    assert task_states(runs["train test"], expected=len(trained)) == trained
    shown = named(explanation)
    explained = dict.fromkeys(("extract", "recognise", "publish", "summarise"), "Completed")
    for cluster in range(3):
        explained[f"transform {shown[cluster]}"] = "Completed"
        explained[f"load {shown[cluster]}"] = "Completed"
    assert task_states(runs["explain test"], expected=len(explained)) == explained

    manifests = [(folder / "manifest.json").read_bytes() for folder in (explanation, without)]
    assert manifests[0] == manifests[1]


def test_claims_are_a_task_that_is_skipped_when_it_is_done(runs):
    folder = runs / "test"
    for state in ("Completed", "Skipped"):
        known = known_runs()
        ask_claims((folder,), "radial")
        (asked,) = flow_runs_since(known).values()
        assert asked.name == "claims of test"
        shown = {"claims": state, "publish": state, "summarise": "Completed"}
        assert task_states(asked, expected=len(shown)) == shown
    with get_client(sync_client=True) as client:
        own = [one for one in client.read_artifacts() if one.flow_run_id == asked.id]
    told = {one.type: one for one in own}
    assert "## What may be said" in told["markdown"].data
    assert told["progress"].description.startswith("done: ")


def test_what_is_there_shows_as_skipped(runs, coins):
    known = known_runs()
    explanation = run_study(coins, runs)
    shown_runs = flow_runs_since(known)
    trained = {"ingest": "Completed", "train to epoch 1 of 1": "Skipped"}
    assert task_states(shown_runs["train test"], expected=len(trained)) == trained
    shown = named(explanation)
    explained = {"extract": "Completed", "summarise": "Completed"}
    explained |= {"recognise": "Skipped", "publish": "Skipped"}
    for cluster in range(3):
        explained[f"transform {shown[cluster]}"] = "Skipped"
        explained[f"load {shown[cluster]}"] = "Skipped"
    assert task_states(shown_runs["explain test"], expected=len(explained)) == explained


def test_a_cluster_that_fails_shows_as_failed_and_so_does_the_flow(runs, coins):
    explanation = (runs / "test" / "latest").resolve()
    (explanation / "maps" / "1").rename(explanation / "kept")
    (explanation / "maps" / "1").write_text("in the way")
    known = known_runs()
    with pytest.raises(Exception, match="cluster 1, chunk 0: "):
        run_study(coins, runs)
    shown_runs = flow_runs_since(known)
    assert shown_runs["explain test"].state_name == "Failed"
    assert shown_runs["train test"].state_name == "Completed"
    shown = named(explanation)
    explained = dict.fromkeys(("extract", "publish", "summarise"), "Completed")
    explained["recognise"] = "Skipped"  # since not all coins are explained
    for cluster in (0, 2):
        explained[f"transform {shown[cluster]}"] = "Skipped"
        explained[f"load {shown[cluster]}"] = "Skipped"
    explained[f"transform {shown[1]}"] = "Failed"
    explained[f"load {shown[1]}"] = "Skipped"  # its pictures are those of before
    assert task_states(shown_runs["explain test"], expected=len(explained)) == explained


def test_the_log_of_each_flow_says_of_each_stage_how_long_it_took(before):
    _runs, _explanation, flow_runs = before
    with get_client(sync_client=True) as client:

        def lines():
            ids = LogFilterFlowRunId(any_=[run.id for run in flow_runs.values()])
            return [one for one in client.read_logs(LogFilter(flow_run_id=ids)) if one.name == PROGRESS]

        # Lines are sent from the side.
        wait_until(lambda: any("publish: done in" in one.message for one in lines()), "the last line")
        said = lines()
    for stage in ("ingest", "train", "fit head", "transform", "load", "recognise", "measure", "publish"):
        (line,) = [one for one in said if one.message.startswith(f"{stage}: done in ")]
        assert line.level == logging.INFO


def test_each_flow_keeps_one_progress_artifact_that_says_how_it_ended(before):
    folder, explanation, runs = before
    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts()
    endings = {
        "train test": f"done: trained to epoch 1, run in {folder / 'test'}",
        "explain test": f"done: 18 coins in 3 clusters, page at {explanation / 'report.html'}",
    }
    for name, ending in endings.items():
        (own,) = [one for one in artifacts if one.flow_run_id == runs[name].id and one.type == "progress"]
        assert own.description == ending
        assert own.data == 100.0


def test_a_training_shows_its_course_after_every_checkpoint(coins, tmp_path):
    known = known_runs()
    train_clusters(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8, clustering="kmeans"),
        Duration(epochs=2, checkpoint_every=1),
        Place(runs=tmp_path, name="test"),
    )
    run = flow_runs_since(known)["train test"]
    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts()
    own = [one for one in artifacts if one.flow_run_id == run.id and one.type == "markdown"]
    # From the side: two checkpoints that follow each other quickly are one version.
    assert {one.key for one in own} == {"coin-xai-training-test"}
    last = max(own, key=lambda one: one.created).data
    assert "| 2 | " in last
    assert "coins per dimension" in last
    picture = base64.b64decode(last.split("data:image/png;base64,")[1].split(")")[0])
    assert picture == (tmp_path / "test" / "training" / "curves.png").read_bytes()


def test_each_explanation_keeps_one_summary_with_pictures_of_at_most_100_kilobytes(before):
    _, explanation, runs = before
    run = runs["explain test"]
    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts()
    (summary,) = [one for one in artifacts if one.flow_run_id == run.id and one.type == "markdown"]
    assert summary.key == "coin-xai-test"
    assert "18 coins in 3 clusters after 1 epoch. " in summary.data
    assert str(explanation / "report.html") in summary.data
    sheet = summary.data.split("data:image/jpeg;base64,")[1].split(")")[0]
    assert len(sheet) < 100_000
    curves = summary.data.split("data:image/png;base64,")[1].split(")")[0]
    assert base64.b64decode(curves) == (explanation.parents[1] / "training" / "curves.png").read_bytes()
    picture = Image.open(io.BytesIO(base64.b64decode(sheet)))
    assert picture.width == 3 * 96 + 4 * 3
