"""One view of how far a run is: a bar in the terminal, one progress artifact in Prefect."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import FlowRunContext, TaskRunContext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tasks.running.reports import report

# Prefect's database should not hear of every photograph.
SECONDS_BETWEEN_UPDATES = 5.0

_terminal: ContextVar[Progress | None] = ContextVar("terminal", default=None)
_artifacts: dict[UUID, UUID] = {}

Stage = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""What `stage` is, here or for somebody else."""

_elsewhere: ContextVar[Stage | None] = ContextVar("elsewhere", default=None)


def show_elsewhere(show: Stage) -> None:
    """Hand every stage of this process to somebody else, who can show it."""
    _elsewhere.set(show)


@contextmanager
def in_terminal(console: Console) -> Iterator[None]:
    """Show every stage that runs inside as a bar on a console, if it is a terminal."""
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        token = _terminal.set(progress)
        try:
            yield
        finally:
            _terminal.reset(token)


@contextmanager
def stage(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many photographs (of `total`) were done since its last call."""
    elsewhere = _elsewhere.get()
    if elsewhere is not None:
        with elsewhere(description, total) as advance_there:
            yield advance_there
        return
    terminal = _terminal.get()
    bar = None
    if terminal is not None:
        # A stage that comes again, cluster after cluster, goes on in its bar.
        bar = next((one.id for one in terminal.tasks if one.description == description), None)
        if bar is None:
            bar = terminal.add_task(description, total=0)
        terminal.update(bar, total=(terminal.tasks[bar].total or 0) + total)
    done, reported = 0, 0.0

    def advance(count: int) -> None:
        nonlocal done, reported
        done += count
        if terminal is not None and bar is not None:
            terminal.advance(bar, count)
        if time.monotonic() - reported > SECONDS_BETWEEN_UPDATES:
            reported = time.monotonic()
            _update_artifact(description, done, total)

    yield advance
    _update_artifact(description, done, total)


def conclude(text: str) -> None:
    """Say in the artifact how the work of a flow has ended."""
    _tell(100.0, text)


def _update_artifact(description: str, done: int, total: int) -> None:
    _tell(100.0 * done / max(total, 1), f"{description}: {done} of {total}")


def _tell(percent: float, text: str) -> None:
    flow_run = _flow_run_id()
    if flow_run is None:
        return

    def send() -> None:
        if flow_run in _artifacts:
            update_progress_artifact(_artifacts[flow_run], percent, description=text)
        else:
            _artifacts[flow_run] = create_progress_artifact(percent, description=text)  # type: ignore[assignment]

    report(("progress", flow_run), send)


def _flow_run_id() -> UUID | None:
    task_context, flow_context = TaskRunContext.get(), FlowRunContext.get()
    if flow_context is not None and flow_context.detached:
        return None  # one of the flow's processes elsewhere, where another artifact would begin
    if task_context is not None:
        return task_context.task_run.flow_run_id
    return flow_context.flow_run.id if flow_context is not None and flow_context.flow_run else None
