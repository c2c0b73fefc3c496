"""How far each stage of some work is: what was done of how much, how fast, and how long it will take."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import RLock

WITHOUT_RATE = {
    *("find coins", "turn coins", "learn what matches", "recognise"),
    *("contrast", "choose k", "shards", "sanity", "prune", "prune server", "publish", "settings"),
}
"""Stages that look at each coin several times, or count something else: they have no coins a second."""
PACE_OVER_S = 30.0
"""Time left is told by the last so many seconds: what an earlier process has finished takes none."""
SECONDS_BETWEEN_SAMPLES = 1.0
SLOW_A_SECOND = 10
"""Coins a second that are shown with a decimal below it."""

Clock = Callable[[], float]


@dataclass
class StageProgress:
    """How far a stage is. One that comes again, cluster after cluster, goes on where it was.

    Attributes:
        name: of the stage.
        clock: returns seconds.
        done: how much is done.
        begun: how much there was to do, each time that the stage has begun.
        expected: how much there will have been to do, as far as somebody has said so.
        told: whether somebody was told that it is over.
    """

    name: str
    clock: Clock = time.monotonic
    done: int = 0
    begun: int = 0
    expected: int = 0
    told: bool = False
    _at_work: int = 0
    _worked_s: float = 0.0
    _since: float = 0.0
    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def total(self) -> int:
        """How much there is to do in all, as far as it is known."""
        return max(self.begun, self.expected)

    @property
    def has_begun(self) -> bool:
        """Whether the stage has ever begun."""
        return self._at_work > 0 or bool(self._samples)

    @property
    def at_work(self) -> bool:
        """Whether the stage is at work now."""
        return self._at_work > 0

    @property
    def over(self) -> bool:
        """Whether all that is known of is done."""
        return self.has_begun and not self._at_work and self.done >= self.total

    @property
    def share(self) -> float:
        """How much of it is done (0..1)."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def worked_s(self) -> float:
        """How many seconds the stage has been at work."""
        return self._worked_s + (self.clock() - self._since if self._at_work else 0.0)

    def expect(self, more: int) -> None:
        """Say that so much will come beside what has begun."""
        self.expected = self.begun + more

    def begin(self, total: int) -> None:
        """Begin, or begin again, with so much to do."""
        self.begun += total
        if not self._at_work:
            self._since = self.clock()
            if not self._samples:
                self._samples.append((self._worked_s, self.done))
        self._at_work += 1

    def advance(self, count: int) -> None:
        """Say that so much was done."""
        self.done += count
        worked = self.worked_s
        if worked - self._samples[-1][0] >= SECONDS_BETWEEN_SAMPLES:
            self._samples.append((worked, self.done))
            # The one before the window stays, so that the window is never empty.
            while len(self._samples) > 2 and self._samples[1][0] < worked - PACE_OVER_S:
                self._samples.popleft()

    def end(self) -> None:
        """End what was begun last."""
        self._at_work -= 1
        if not self._at_work:
            self._worked_s += self.clock() - self._since

    @property
    def a_second(self) -> float | None:
        """How much was done a second lately, or in all once it is over; None where nothing was."""
        (since, before), worked = self._samples[0] if self._samples else (0.0, 0), self.worked_s
        if self.over:
            since = before = 0
        if self.done <= before or worked <= since:
            return None
        return (self.done - before) / (worked - since)

    @property
    def left_s(self) -> float | None:
        """How many seconds it will take at the pace of lately; None where nobody can tell."""
        pace = self.a_second
        return None if pace is None else (self.total - self.done) / pace

    @property
    def rate(self) -> str:
        """The pace in words, empty where it is not known or of no coins."""
        pace = self.a_second
        if pace is None or self.name in WITHOUT_RATE:
            return ""
        return f"{pace:.1f} coins/s" if pace < SLOW_A_SECOND else f"{pace:,.0f} coins/s"

    def __str__(self) -> str:
        """Say how far it is in one line."""
        if self.over:
            return ", ".join(filter(None, (f"{self.name}: done in {clock_time(self.worked_s)}", self.rate)))
        left = self.left_s
        told = "" if left is None else f"{clock_time(left)} left"
        counted = f"{self.name}: {self.share:.0%} ({self.done:,} of {self.total:,})"
        return ", ".join(filter(None, (counted, self.rate, told)))


class Agenda:
    """The stages of some work in their order: those that are over, those at work, and those to come.

    Several threads may be at work; the lock is held by whoever looks at more than one thing.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        """Know of no stage yet."""
        self.lock = RLock()
        self.planned = self.closed = False
        self.clock = clock
        self.begun_at = clock()
        self._stages: list[StageProgress] = []

    @property
    def stages(self) -> list[StageProgress]:
        """The stages in their order."""
        with self.lock:
            return list(self._stages)

    def plan(self, names: Iterable[str]) -> None:
        """Say which stages are to come; those that are over are to come once more."""
        with self.lock:
            self.planned = True
            waiting = {one.name for one in self._stages if not one.over}
            again = {*names} - waiting
            self._stages = [one for one in self._stages if one.name not in again]
            self._stages += [StageProgress(name, self.clock) for name in names if name in again]

    def find(self, name: str) -> StageProgress:
        """Return a stage; one that nobody has planned comes before those that are still to come."""
        with self.lock:
            for one in self._stages:
                if one.name == name:
                    return one
            found = StageProgress(name, self.clock)
            begun = [position for position, one in enumerate(self._stages) if one.has_begun]
            self._stages.insert(begun[-1] + 1 if begun else 0, found)
            return found

    def passed_over(self, stage: StageProgress) -> bool:
        """Tell whether a stage has not begun and a later one has: it was done before, or is not needed."""
        with self.lock:
            later = self._stages[self._stages.index(stage) :]
        return not stage.has_begun and (self.closed or any(one.has_begun for one in later))

    def close(self) -> None:
        """Say that the work has ended well, so that nothing is to come."""
        self.closed = True


def clock_time(seconds: float) -> str:
    """Return seconds as hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
