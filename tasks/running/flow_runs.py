"""What surrounds the work of a flow run on a Prefect server: its log, what a dead attempt left, its end."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext, TagsContext
from prefect.states import Crashed, Running

from tasks.running.logs import flow_run_logs
from tasks.running.meters import metered
from tasks.running.progress import in_one_view
from tasks.running.reports import report, settle
from tasks.running.server import server_answers
from tasks.running.steps import within_another_flow

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_BETWEEN_SIGNS = 15.0
PATIENCE_S = 600.0
"""How long a run that has ended waits for a server that is away, to be shown as it has ended.

One that has come back may be slow at first: with SQLite it stood still for 75 s once.
"""
UNENDED = [StateType.PENDING, StateType.RUNNING]


def accompanied(work: Callable[P, R]) -> Callable[P, R]:
    """Accompany the work of a flow run; a decorator for the flow's function, below `@flow`.

    What our modules log arrives at the server, and at the end how much was done. What an attempt that was
    killed left running is closed. A run that the server believes dead says that it lives: after an outage,
    its heartbeats are missing. Its tasks have none of its tags: a task would ask the server for a slot of
    each tag before it begins, and fail while the server is away. At its end the run waits up to PATIENCE_S
    for a server that is away or slow; all work is done by then, and a run that is cancelled leaves at once.
    Outside of a flow run nothing of this is done.
    """

    # No context manager as the decorator itself: functions travel to Dask's processes, generators cannot.
    @wraps(work)
    def accompanied_work(*arguments: P.args, **keywords: P.kwargs) -> R:
        with in_one_view(), _accompanying():
            return work(*arguments, **keywords)

    return accompanied_work


@contextmanager
def _accompanying() -> Iterator[None]:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        yield
        return
    flow_run = context.flow_run
    with TagsContext(current_tags=set()), _accompanying_run(flow_run):
        yield


@contextmanager
def _accompanying_run(flow_run: FlowRun) -> Iterator[None]:
    if within_another_flow():
        with _saying_that_it_lives(flow_run.id):
            yield
        return
    with flow_run_logs():
        try:
            # Until the work ends: whoever waits for all reports must not be told more and more.
            with _saying_that_it_lives(flow_run.id):
                if flow_run.run_count > 1:
                    began = flow_run.state.timestamp if flow_run.state else flow_run.start_time
                    assert began is not None
                    report(("close", flow_run.id), lambda: close_dead_attempts(flow_run.id, before=began))
                with metered(flow_run.id):
                    yield
        except Exception:
            _await_server(flow_run.id)
            raise
        _await_server(flow_run.id)


def rename(name: str) -> None:
    """Give the flow run that runs now another name, from the side."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.name == name:
        return
    flow_run = context.flow_run.id

    def send() -> None:
        with get_client(sync_client=True) as client:
            client.update_flow_run(flow_run, name=name)

    report(("name", flow_run), send)


def close_dead_attempts(flow_run: UUID, *, before: datetime) -> None:
    """Mark as crashed what an earlier attempt of a flow run left unended: task runs and flow runs in it.

    Args:
        flow_run: id of the run.
        before: when the attempt that runs now began.
    """
    with get_client(sync_client=True) as client:
        _close(client, flow_run, before)


def _close(client: SyncPrefectClient, flow_run: UUID, before: datetime) -> None:
    died: State[None] = Crashed(message="The process of an earlier attempt died while this was running.")
    unended = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=UNENDED)))
    own = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))
    for task_run in client.read_task_runs(flow_run_filter=own, task_run_filter=unended):
        if task_run.created is not None and task_run.created < before:
            client.set_task_run_state(task_run.id, died, force=True)
    inside = FlowRunFilter(
        parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNENDED)),
    )
    for inner in client.read_flow_runs(flow_run_filter=inside):
        if inner.created is not None and inner.created < before:
            _close(client, inner.id, before)
            client.set_flow_run_state(inner.id, died, force=True)


@contextmanager
def _saying_that_it_lives(flow_run: UUID) -> Iterator[None]:
    ended = threading.Event()

    def say_again() -> None:
        while not ended.wait(SECONDS_BETWEEN_SIGNS):
            _say_that_it_lives(flow_run)

    sign = threading.Thread(target=copy_context().run, args=(say_again,), name="signs of life", daemon=True)
    sign.start()
    try:
        yield
    finally:
        ended.set()


def _say_that_it_lives(flow_run: UUID) -> None:
    def send() -> None:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(flow_run).state
            if state is not None and state.is_crashed():
                alive: State[None] = Running(message="It lives; the server had missed its heartbeats.")
                client.set_flow_run_state(flow_run, alive, force=True)

    report(("alive", flow_run), send)


def _await_server(flow_run: UUID) -> None:
    deadline = time.monotonic() + PATIENCE_S
    if not server_answers():
        log.warning(
            "the Prefect server is away; the work has ended and lies on disk, and waits up to %d minutes to "
            "tell it",
            PATIENCE_S // 60,
        )
        while not server_answers():
            if time.monotonic() > deadline:
                log.warning("the Prefect server did not come back; it will not know how this run ended")
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)
    _say_that_it_lives(flow_run)
    if not settle(patience_s=deadline - time.monotonic()):
        log.warning(
            "the Prefect server did not take all that it was told of this run within %d minutes; its pages "
            "may show an earlier state, the run itself is complete",
            PATIENCE_S // 60,
        )
