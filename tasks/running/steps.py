"""How work is run: by Prefect inside a flow run, as a plain function otherwise, with the same result."""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar, cast

import httpx
from prefect import Flow, Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Completed

from tasks.running.failures import passes_by_itself
from tasks.running.server import is_of_server, server_answers

log = logging.getLogger(__name__)

RETRY_SECONDS = (2.0, 4.0)

P = ParamSpec("P")
R = TypeVar("R")


_within: ContextVar[bool] = ContextVar("within", default=False)


def run_step(work: Flow[P, R] | Task[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
    """Run a flow or a task; outside a flow run Prefect is not asked, and no server needed."""
    if isinstance(work, Flow):
        return _run_flow(work, *arguments, **keywords)
    if FlowRunContext.get() is None:
        return _run_alone(work, *arguments, **keywords)
    outcome: Any = work(*arguments, **keywords)
    # A task that skips its work returns a state, which carries the result.
    return cast(R, outcome.result() if isinstance(outcome, State) else outcome)


def _run_flow(work: Flow[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
    """Run a flow inside another one; while the server is away, as a part of that other one."""
    token = _within.set(True)
    try:
        if FlowRunContext.get() is not None and server_answers():
            try:
                # Prefect's own tries would hold the work up for minutes.
                with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}):
                    return work(*arguments, **keywords)
            except httpx.HTTPError as error:
                if not is_of_server(error):
                    raise
                # It may have ended already. What is done is not done again.
                log.warning("the Prefect server is away (%s); %s goes on without it", error, work.name)
        return work.fn(*arguments, **keywords)
    finally:
        _within.reset(token)


def _run_alone(work: Task[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
    for delay in RETRY_SECONDS:
        try:
            return work.fn(*arguments, **keywords)
        except Exception as error:
            if not passes_by_itself(error):
                raise
            log.warning("%s failed (%s) and is tried again in %d s", work.name, error, delay)
            time.sleep(delay)
    return work.fn(*arguments, **keywords)


def within_another_flow() -> bool:
    """Tell whether the flow that runs now was called by another one."""
    return _within.get()


def skipped(result: R, reason: str) -> R:
    """Return a task's result such that Prefect shows the task as skipped, with the reason."""
    if TaskRunContext.get() is None:
        return result
    return cast(R, Completed(name="Skipped", message=reason, data=result))


def _condition(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    try:
        state.result()
    except Exception as error:
        return passes_by_itself(error)
    return False


def step(*, name: str, task_run_name: str | None = None) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a task, with the one policy of retries and caching that all tasks share.

    Args:
        name: of the task.
        task_run_name: of its runs, a template over its parameters; the task's name without it.
    """

    def decorate(function: Callable[P, R]) -> Task[P, R]:
        # Prefect's caches look at inputs, not at the files that a task left; what is done is decided by
        # markers on disk instead (storage.markers), and no result is worth keeping in Prefect's store.
        return task(
            name=name,
            task_run_name=task_run_name or name,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=len(RETRY_SECONDS),
            retry_delay_seconds=list(RETRY_SECONDS),
            retry_jitter_factor=0.5,
            retry_condition_fn=_condition,
        )(function)

    return decorate
