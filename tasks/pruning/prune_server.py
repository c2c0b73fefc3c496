"""Prune what a Prefect server keeps of our flow runs: the runs, their subflows and their artifacts."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterParentTaskRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from tasks.pruning.prune import Freed, Pruned
from tasks.running.progress import stage
from tasks.running.steps import step

TAG, BY_HAND = "coin-xai", "coin-xai-by-hand"
"""Tags of our flow runs: of deployments, and of the command line. Others may use the same server."""

AT_ONCE = 200
"""What a server returns at most of one question."""


@step(name="prune server")
def prune_server(before: datetime, *, dry_run: bool) -> Pruned:
    """Delete our flow runs that ended before a time, with their subflows, artifacts, task runs and logs.

    Prefect deletes no artifacts with a flow run. They go first, so that a run is found again if this is
    interrupted.

    Args:
        before: the time, with its zone.
        dry_run: only look.

    Returns:
        What was deleted, or would be.
    """
    runs = artifacts = 0
    with get_client(sync_client=True) as client:
        ended = list(_ended(client, before))
        with stage("prune server", len(ended)) as advance:
            for flow_run in ended:
                family = _family(client, flow_run)
                # A subflow that seems to run may do so; of a dead one, the automation says so in minutes.
                if all(one.state is not None and one.state.is_final() for one in family):
                    runs += len(family)
                    for one in reversed(family):  # subflows before what called them
                        artifacts += _delete(client, one, dry_run=dry_run)
                advance(1)
    found = (("flow runs", runs), ("artifacts", artifacts))
    return Pruned([Freed(kind, "Prefect server", str(count), None) for kind, count in found if count])


def _ended(client: SyncPrefectClient, before: datetime) -> Iterator[FlowRun]:
    """Yield our runs that no other flow called, ended before a time."""
    wanted = FlowRunFilter(
        tags=FlowRunFilterTags(any_=[TAG, BY_HAND]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=sorted(TERMINAL_STATES))),
        end_time=FlowRunFilterEndTime(before_=before),
        parent_task_run_id=FlowRunFilterParentTaskRunId(is_null_=True),
    )
    yield from _pages(client, wanted)


def _family(client: SyncPrefectClient, flow_run: FlowRun) -> list[FlowRun]:
    """Return a run and all that it called, each behind its caller."""
    found = [flow_run]
    for one in found:
        called = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[one.id]))
        found += _pages(client, called)
    return found


def _pages(client: SyncPrefectClient, wanted: FlowRunFilter) -> Iterator[FlowRun]:
    offset = 0
    while page := client.read_flow_runs(
        flow_run_filter=wanted, sort=FlowRunSort.ID_DESC, limit=AT_ONCE, offset=offset
    ):
        yield from page
        offset += len(page)


def _delete(client: SyncPrefectClient, flow_run: FlowRun, *, dry_run: bool) -> int:
    """Delete a run and its artifacts, and return how many those are."""
    artifacts = _artifacts(client, flow_run.id)
    if not dry_run:
        for artifact in artifacts:
            with suppress(ObjectNotFound):  # somebody else deletes as well
                client.delete_artifact(artifact)
        with suppress(ObjectNotFound):
            client.delete_flow_run(flow_run.id)
    return len(artifacts)


def _artifacts(client: SyncPrefectClient, flow_run: UUID) -> list[UUID]:
    own = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run]))
    found: list[UUID] = []
    while page := client.read_artifacts(artifact_filter=own, limit=AT_ONCE, offset=len(found)):
        found += [artifact.id for artifact in page]
    return found
