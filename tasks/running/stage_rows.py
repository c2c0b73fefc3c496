"""How a terminal shows the stages of some work: a row each, also of those to come."""

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tasks.running.stages import Agenda, StageProgress, clock_time

BAR_WIDTH = 24
OTHER_LINES = 2
"""The sum, and the line that the cursor stands in."""


class StageRows:
    """The rows of an agenda as they are now.

    Where a terminal is too low, the first ones that are over go, until all is done.
    """

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the rows."""
        with self._agenda.lock:
            stages = self._agenda.stages
            room = max(1, (options.height or console.height) - OTHER_LINES)
            if self._agenda.closed:
                room = len(stages)
            first = min(max(0, len(stages) - room), self._first_to_show(stages))
            rows = Table.grid(padding=(0, 2))
            for _ in range(3):
                rows.add_column(no_wrap=True)
            for _ in range(2):
                rows.add_column(no_wrap=True, justify="right")
            for stage in stages[first : first + room]:
                rows.add_row(*self._row(stage))
            parts: list[RenderableType] = [rows]
            if self._agenda.planned:
                parts.append(Text(self._sum(stages), style="dim"))
        yield Group(*parts)

    @staticmethod
    def _first_to_show(stages: list[StageProgress]) -> int:
        at_work = [position for position, stage in enumerate(stages) if stage.at_work]
        begun = [position for position, stage in enumerate(stages) if stage.has_begun]
        return at_work[0] if at_work else begun[-1] if begun else 0

    def _row(self, stage: StageProgress) -> tuple[RenderableType, ...]:
        if self._agenda.passed_over(stage):
            return Text(stage.name, style="dim"), "", Text("nothing to do", style="dim"), "", ""
        if not stage.has_begun:
            return Text(stage.name, style="dim"), "", Text("to come", style="dim"), "", ""
        bar = ProgressBar(total=max(1, stage.total), completed=stage.done, width=BAR_WIDTH)
        left = stage.left_s
        if stage.at_work:
            time = "" if left is None else f"{clock_time(left)} left"
        else:
            time = clock_time(stage.worked_s)
        return stage.name, bar, f"{stage.done:,}/{stage.total:,}", stage.rate, time

    def _sum(self, stages: list[StageProgress]) -> str:
        passed = sum(stage.over or self._agenda.passed_over(stage) for stage in stages)
        so_far = clock_time(self._agenda.clock() - self._agenda.begun_at)
        return f"{passed} of {len(stages)} stages are over, {so_far} so far"
