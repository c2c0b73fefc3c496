"""How far a run is: rows in a terminal, lines in a log, one progress artifact in Prefect."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from uuid import UUID

from rich.console import Console
from rich.live import Live

from tasks.running.reports import report
from tasks.running.stage_rows import StageRows
from tasks.running.stage_times import times_of
from tasks.running.stages import Agenda, Clock, StageProgress

log = logging.getLogger(__name__)

# Prefect's database should not hear of every photograph, nor a log.
SECONDS_BETWEEN_UPDATES = 5.0
SECONDS_BETWEEN_LINES = 10.0

Stage = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""What `stage` is, here or for somebody else."""
Expect = Callable[[str, int], None]
"""What `expect` is."""


class _View:
    """What is shown of an agenda, and when somebody was told of it last."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.agenda = Agenda(clock)
        self.said_at = self.reported_at = clock()

    def say(self, stage: StageProgress) -> None:
        self.said_at = self.agenda.clock()
        log.info("%s", str(stage))  # now: whoever reads it later finds it as it was

    def is_due(self) -> bool:
        return self.agenda.clock() - self.said_at >= SECONDS_BETWEEN_LINES


_view: ContextVar[_View | None] = ContextVar("view", default=None)
_elsewhere: ContextVar[tuple[Stage, Expect] | None] = ContextVar("elsewhere", default=None)
_artifacts: dict[UUID, UUID] = {}


def show_elsewhere(show: Stage, expect: Expect = lambda _stage, _more: None) -> None:
    """Hand every stage of this process to somebody else, who can show it."""
    _elsewhere.set((show, expect))


@contextmanager
def in_terminal(console: Console) -> Iterator[None]:
    """Show every stage that runs inside as a row on a console that is a terminal; the log has lines."""
    with in_one_view():
        view = _view.get()
        assert view is not None
        if not console.is_terminal:
            yield
            return
        rows = StageRows(view.agenda)
        with Live(console=console, get_renderable=lambda: rows):
            yield
            view.agenda.close()


@contextmanager
def in_one_view(clock: Clock = time.monotonic) -> Iterator[None]:
    """Let all stages that run inside be shown together."""
    if _view.get() is not None:
        yield
        return
    token = _view.set(_View(clock))
    try:
        yield
    finally:
        _view.reset(token)


def plan(stages: Iterable[str]) -> None:
    """Say which stages are to come, in their order; those that will have nothing to do may be among them."""
    view = _view.get()
    if view is not None:
        view.agenda.plan(list(stages))


def expect(description: str, more: int) -> None:
    """Say how much a stage will have to do, in one piece or in several, beside what it has begun."""
    elsewhere, view = _elsewhere.get(), _view.get()
    if elsewhere is not None:
        elsewhere[1](description, more)
    elif view is not None:
        with view.agenda.lock:
            view.agenda.find(description).expect(more)


@contextmanager
def stage(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many photographs (of `total`) were done since its last call."""
    elsewhere = _elsewhere.get()
    if elsewhere is not None:
        with elsewhere[0](description, total) as advance_there:
            yield advance_there
        return
    view = _view.get() or _View()
    lock = view.agenda.lock
    with lock:
        progress = view.agenda.find(description)
        progress.begin(total)

    def advance(count: int) -> None:
        with lock:
            progress.advance(count)
            if view.is_due() and progress.done < progress.total:
                view.say(progress)
            now = view.agenda.clock()
            due = now - view.reported_at >= SECONDS_BETWEEN_UPDATES
            if due:
                view.reported_at = now
        if due:
            _update_artifact(progress)

    try:
        with times_of(description):
            yield advance
    finally:
        with lock:
            progress.end()
    with lock:
        # One that has been over before, and came again, is said like one that goes on.
        if progress.over and (view.is_due() or not progress.told):
            progress.told = True
            view.say(progress)
    _update_artifact(progress)


def conclude(text: str) -> None:
    """Say in the artifact how the work of a flow has ended."""
    _tell(100.0, text)


def _update_artifact(progress: StageProgress) -> None:
    _tell(100.0 * progress.share, str(progress))


def _tell(percent: float, text: str) -> None:
    flow_run = _flow_run_id()
    if flow_run is None:
        return

    def send() -> None:
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        if flow_run in _artifacts:
            update_progress_artifact(_artifacts[flow_run], percent, description=text)
        else:
            _artifacts[flow_run] = create_progress_artifact(percent, description=text)  # type: ignore[assignment]

    report(("progress", flow_run), send)


def _flow_run_id() -> UUID | None:
    # Late, as all of Prefect here: processes that train together hand their stages on, and start without it.
    from prefect.context import FlowRunContext, TaskRunContext

    task_context, flow_context = TaskRunContext.get(), FlowRunContext.get()
    if flow_context is not None and flow_context.detached:
        return None  # one of the flow's processes elsewhere, where another artifact would begin
    if task_context is not None:
        return task_context.task_run.flow_run_id
    return flow_context.flow_run.id if flow_context is not None and flow_context.flow_run else None
