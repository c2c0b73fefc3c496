"""A checkpoint whose event was lost is explained by the catch-up, once."""

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName

from tests.deployments.operating import start, train, wait_for_end

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server", "deployed", "worker")]

BACKFILL = "backfill-explanations/backfill"


@pytest.fixture
def _no_trigger():
    """As if every event were lost: the automation that explains new checkpoints is away."""
    with get_client(sync_client=True) as client:
        for one in client.request("POST", "/automations/filter", json={}).json():
            if one["name"] == "explain each new checkpoint":
                client.request("DELETE", "/automations/{id}", path_params={"id": one["id"]})


def explanations():
    with get_client(sync_client=True) as client:
        named = FlowRunFilter(name=FlowRunFilterName(any_=["explain lost"]))
        return client.read_flow_runs(flow_run_filter=named)


def told(run):
    """Return what the progress of a run says at its end."""
    with get_client(sync_client=True) as client:
        own = [one for one in client.read_artifacts() if one.flow_run_id == run.id]
        (progress,) = [one for one in own if one.type == "progress"]
        return progress.description


def test_a_checkpoint_whose_event_was_lost_is_explained_once(_no_trigger, environment, place):  # noqa: PT019
    assert wait_for_end(train(environment, "lost", 1)).name == "Completed"
    assert explanations() == []

    first = start(BACKFILL)
    assert wait_for_end(first).name == "Completed"
    assert [run.state.name for run in explanations()] == ["Completed"]
    manifest = place / "runs" / "lost" / "latest" / "manifest.json"
    made = manifest.stat().st_ino

    second = start(BACKFILL)
    assert wait_for_end(second).name == "Completed"
    assert len(explanations()) == 1
    assert manifest.stat().st_ino == made
    assert [told(run) for run in (first, second)] == [
        f"looked at 1 finished checkpoints: {had} had their explanation, {now} explained now, "
        "0 left to others, 0 failed"
        for had, now in ((0, 1), (1, 0))
    ]


def test_the_hourly_schedule_waits_to_be_switched_on():
    with get_client(sync_client=True) as client:
        (hourly,) = client.read_deployment_by_name(BACKFILL).schedules
    assert (hourly.slug, hourly.active) == ("hourly", False)
