"""Prune from the command line, killed while it works, and on a real Prefect server."""

import shutil
import signal
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow, tags
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Crashed, Running

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.errors import OptionError
from flows.command_line.flow_commands import run_flow
from flows.explain_clusters import explain_clusters
from flows.freeing import rule_of
from flows.prune import prune_all
from flows.retention import Retention
from storage.errors import StorageError
from storage.layout import RunLayout
from storage.manifest import strangers, verify
from storage.markers import leftovers
from storage.retention import size_of
from tasks.pruning.prune_server import BY_HAND, TAG, prune_server
from tests.flows.conftest import copied

# Kills itself at the n-th file or folder that it renames or removes.
PROGRAM = """
import os, signal, sys
from flows.freeing import free
from flows.retention import Retention

retention = Retention(runs={runs!r}, keep_last=1)

def count(event, _, left=[{left}]):
    if event in ("os.rename", "os.remove", "os.rmdir"):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
free(retention)
"""


@pytest.fixture(scope="module")
def _explained_twice(_explained, tmp_path_factory):
    run = copied(_explained, tmp_path_factory.mktemp("twice"))
    explain_clusters.fn(run, explanation=ExplanationOptions(also=("layer_cam",)))
    return run


@pytest.fixture
def twice(_explained_twice, tmp_path):
    """A run that was explained by one method and then by another; times are kept."""
    shutil.copytree(_explained_twice.parent, tmp_path / "runs", symlinks=True)
    return RunLayout(tmp_path / "runs" / _explained_twice.name)


def explanations(layout):
    return sorted(path.name for path in (layout.root / "explanations").iterdir())


def test_it_wants_to_be_told_what_stays(call, twice):
    code, text = call("prune", "--runs", twice.root.parent)
    assert code == 2
    assert "say what is to stay: --keep-last 1, --older-than 30d or both; --dry-run shows before" in text
    assert len(explanations(twice)) == 2


@pytest.mark.parametrize("age", ["12h", "0d", "-3d", "999999d", "soon"])
def test_an_age_that_is_none_is_refused(call, tmp_path, age):
    code, text = call("prune", "--runs", tmp_path, f"--older-than={age}")
    assert code == 2
    assert f"{age!r} is no age (--older-than): write it in days as 30d, or as an ISO 8601" in text


@pytest.mark.parametrize(
    ("given", "hours"), [("30d", 720), ("1 day", 24), ("P2D", 48), ("PT12H", 12), ("12:00:00", 12)]
)
def test_an_age_is_given_in_days_or_as_a_duration(given, hours):
    rule = rule_of(Retention(older_than=given, keep_last=3), 1e9)
    assert rule == (3, 1e9 - hours * 3600)


def test_without_an_age_all_but_the_last_ones_may_go_and_without_a_number_all_that_is_old():
    assert rule_of(Retention(keep_last=2), 1e9) == (2, 1e9)
    assert rule_of(Retention(older_than="1d"), 1e9) == (0, 1e9 - 86_400)
    assert rule_of(Retention(dry_run=True), 1e9) == (1, 1e9)
    with pytest.raises(OptionError, match="say what is to stay"):
        Retention()


def test_a_dry_run_says_what_would_go_and_the_run_itself_says_the_same(call, twice):
    runs, latest = twice.root.parent, twice.latest.resolve().name
    (old,) = {*explanations(twice)} - {latest}
    sizes = [size_of(twice.explanation(old).root), size_of(twice.views)]
    one, other, megabytes = (f"{size / 1e6:.1f}" for size in (*sizes, sum(sizes)))
    rows = f"what of which MB explanation test {old} {one} views test of coins, for more of them {other}"
    assert call("prune", "--runs", runs, "--dry-run") == (0, f"{rows} would free {megabytes} MB")
    assert explanations(twice) == sorted((old, latest))
    assert call("prune", "--runs", runs, "--keep-last", 1) == (0, f"{rows} freed {megabytes} MB")
    assert explanations(twice) == [latest]
    assert call("verify", twice.root)[0] == 0
    assert call("prune", "--runs", runs, "--keep-last", 1) == (0, "freed 0.0 MB")
    assert call("prune", "--runs", runs, "--older-than", "1d") == (0, "freed 0.0 MB")


def test_what_is_damaged_is_told_and_the_exit_code_says_so(call, twice):
    (twice.root / "mine.zip").write_text("no archive")
    code, text = call("prune", "--runs", twice.root.parent, "--keep-last", 1)
    assert code == 1
    assert "left alone: " in text
    assert "mine.zip does not say which explanation it was made of" in text
    assert len(explanations(twice)) == 2
    with pytest.raises(StorageError, match=r"mine\.zip does not say"):
        prune_all.fn(Retention(runs=str(twice.root.parent), keep_last=1))


@pytest.mark.slow
def test_killed_while_it_works_the_run_is_whole_and_goes_on(twice, nursery, call):
    manifests = {
        path.parent.name: path.read_bytes() for path in twice.root.glob("explanations/*/manifest.json")
    }
    latest = twice.latest.resolve().name
    # The rename comes second, after what might be left of an earlier one; then one file after the other goes.
    for left, whole in ((2, 2), (3, 1), (60, 1)):
        program = PROGRAM.format(runs=str(twice.root.parent), left=left)
        assert nursery.start(program).wait() == -signal.SIGKILL
        there = [name for name in explanations(twice) if not name.startswith(".")]
        assert latest in there
        assert len(there) == whole
        assert [damage for name in there for damage in verify(twice.explanation(name).root)] == []
        assert call("verify", twice.root)[0] == 0
    # The same command ends it, and what went can be made again.
    assert list(leftovers(twice.root)) != []
    assert call("prune", "--runs", twice.root.parent, "--keep-last", 1)[0] == 0
    assert explanations(twice) == [latest]
    assert list(leftovers(twice.root)) == []
    for also in ((), ("layer_cam",)):
        explain_clusters.fn(twice.root, explanation=ExplanationOptions(also=also))
    assert {
        path.parent.name: path.read_bytes() for path in twice.root.glob("explanations/*/manifest.json")
    } == manifests
    assert [name for name in strangers(twice.latest) if not name.startswith("locks/")] == []


@flow(name="test-called")
def called():
    create_markdown_artifact("called", key="coin-xai-test-called")


@flow(name="test-calling")
def calling():
    create_markdown_artifact("calling", key="coin-xai-test-calling")
    called()


def flow_runs():
    """Return the flow runs of these tests that the server knows, by id."""
    with get_client(sync_client=True) as client:
        names = {client.read_flow_by_name(f"test-{name}").id for name in ("called", "calling")}
        return {run.id: run for run in client.read_flow_runs() if run.flow_id in names}


def since(known):
    """Return the runs since then: the one that called, and the one that was called."""
    new = [run for run in flow_runs().values() if run.id not in known]
    return sorted(new, key=lambda run: run.parent_task_run_id is not None)


def artifacts_of(*runs):
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id for run in runs]))
        return client.read_artifacts(artifact_filter=wanted)


def said(pruned):
    return {one.kind: int(one.which) for one in pruned.freed}


@pytest.fixture
def empty(server):  # noqa: ARG001
    """The server, without runs of ours that ended."""
    calling()  # makes the server know the flows
    prune_server.fn(datetime.now(UTC) + timedelta(days=1), dry_run=False)


@pytest.mark.slow
@pytest.mark.usefixtures("empty")
def test_old_runs_go_from_the_server_with_subflows_and_artifacts_and_others_stay():
    known = flow_runs()
    calling()  # somebody else's
    foreign = since(known)
    known = flow_runs()
    calling()
    with get_client(sync_client=True) as client:
        # As a worker runs it: only the run itself has the tag of its deployment.
        client.update_flow_run(since(known)[0].id, tags=[TAG, "study"])
    deployed = since(known)
    known = flow_runs()
    run_flow(calling)  # as the command line does
    by_hand = since(known)
    assert [run.tags for run in by_hand] == [[BY_HAND]] * 2
    known = flow_runs()
    with tags(TAG):
        calling()
    young = since(known)
    before = by_hand[0].end_time + (young[0].start_time - by_hand[0].end_time) / 2
    assert len(artifacts_of(*deployed, *by_hand, *young, *foreign)) == 8

    for dry_run in (True, False):
        pruned = prune_server.fn(before, dry_run=dry_run)
        assert said(pruned) == {"flow runs": 4, "artifacts": 4}
        left = {*flow_runs()} & {run.id for run in (*deployed, *by_hand)}
        assert len(left) == (4 if dry_run else 0)
    assert {run.id for run in (*young, *foreign)} <= {*flow_runs()}
    assert artifacts_of(*deployed, *by_hand) == []
    assert len(artifacts_of(*young, *foreign)) == 4
    assert said(prune_server.fn(before, dry_run=False)) == {}


@pytest.mark.slow
@pytest.mark.usefixtures("empty")
def test_what_did_not_end_stays_on_the_server_with_what_called_it():
    known = flow_runs()
    with tags(TAG):
        calling()
    parent, child = since(known)
    with get_client(sync_client=True) as client:
        running = client.create_flow_run(called, state=Running(), tags=[TAG])
        client.set_flow_run_state(parent.id, Crashed(), force=True)
        client.set_flow_run_state(child.id, Running(), force=True)
        later = datetime.now(UTC) + timedelta(days=1)
        assert said(prune_server.fn(later, dry_run=False)) == {}
        assert {running.id, parent.id, child.id} <= {*flow_runs()}
        for run in (running, child):
            client.set_flow_run_state(run.id, Completed(), force=True)
        assert said(prune_server.fn(later, dry_run=False)) == {"flow runs": 3, "artifacts": 2}
        with pytest.raises(ObjectNotFound):
            client.read_flow_run(parent.id)


@pytest.mark.slow
@pytest.mark.usefixtures("empty")
def test_the_flow_leaves_an_artifact_that_says_what_it_freed(twice):
    with tags(TAG):
        calling()
        state = prune_all(
            Retention(runs=str(twice.root.parent), keep_last=1, older_than="PT0.000001S"), return_state=True
        )
    assert state.type == StateType.COMPLETED
    run = state.state_details.flow_run_id
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        (shown,) = [one for one in client.read_artifacts(artifact_filter=wanted) if one.type == "markdown"]
    assert shown.key == "coin-xai-prune"
    assert shown.data.startswith("# freed ")
    assert "| explanation | test | " in shown.data
    assert "| flow runs | Prefect server | 2 |  |" in shown.data
