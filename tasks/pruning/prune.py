"""Prune: free what runs and the cache of photographs do not need; what it would free can be asked before."""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from storage.errors import PlaceError, RunBusyError, StorageError
from storage.layout import RunLayout
from storage.lock import holding
from storage.pixel_cache import LOCK, left_over
from storage.place import is_url
from storage.remote.copies import copy_at
from storage.retention import Rule, removable, remove, size_of
from storage.runs import list_runs
from storage.unused_pixels import caches, drop_unused, old_collections, unused, used
from tasks.running.progress import stage
from tasks.running.steps import step

log = logging.getLogger(__name__)

SECONDS_TO_BEGIN = 86_400.0
"""How long photographs stay that no run uses: a study that has ingested them may be beginning its run."""


@dataclass(frozen=True)
class Freed:
    """Something that goes.

    Attributes:
        kind: what it is.
        where: name of the run or of the cache.
        which: of its kind.
        bytes: of its files; None where it is kept in a database.
    """

    kind: str
    where: str
    which: str
    bytes: int | None


@dataclass
class Pruned:
    """What goes, and what could not be looked at.

    Attributes:
        freed: what goes.
        busy: why something was left alone because others work on it.
        failed: what was wrong with the rest.
    """

    freed: list[Freed] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """How many bytes all of it has."""
        return sum(one.bytes or 0 for one in self.freed)

    def take(self, look: Callable[[], list[Freed]]) -> None:
        """Add what is found; where others work or something is damaged, the reason is added."""
        try:
            self.freed += look()
        except RunBusyError as error:
            self.busy.append(str(error))
        except (StorageError, OSError) as error:
            self.failed.append(str(error))


@step(name="prune")
def prune(runs: str, rule: Rule, *, dry_run: bool) -> Pruned:
    """Free what the runs in a folder and their cache of photographs do not need.

    Args:
        runs: the folder of all runs.
        rule: what may go of a run. Photographs may go that no run uses, once they are a day old.
        dry_run: only look.

    Returns:
        What was freed, or would be.

    Raises:
        PlaceError: the folder is not there, or it is an object store or the working copy of one.
    """
    folder = _folder(runs)
    layouts, pruned = list_runs(folder), Pruned()
    with stage("prune", len(layouts) + 1) as advance:
        for layout in layouts:
            pruned.take(partial(_prune_run, layout, rule, dry_run=dry_run))
            advance(1)
        before = min(rule.before, time.time() - SECONDS_TO_BEGIN)
        for cache in caches(folder):
            pruned.take(partial(_prune_cache, cache, folder, before, dry_run=dry_run))
        pruned.take(partial(_prune_collections, folder, before, dry_run=dry_run))
        advance(1)
    for reason in (*pruned.busy, *pruned.failed):
        log.warning("left alone: %s", reason)
    return pruned


def _folder(runs: str) -> Path:
    if is_url(runs) or copy_at(Path(runs)) is not None:
        raise PlaceError(
            f"{runs} is an object store or the working copy of one, which prune leaves alone: what went here "
            "would be brought again. A working copy that nothing works on may be deleted as a whole; in a "
            "store, delete whole runs"
        )
    if not Path(runs).is_dir():
        raise PlaceError(f"{runs} is no folder; say where the runs are with --runs")
    return Path(runs)


def _prune_run(layout: RunLayout, rule: Rule, *, dry_run: bool) -> list[Freed]:
    with holding(layout.lock):
        if not dry_run:
            parts = removable(layout, rule)
            remove(layout, parts)
    if dry_run:  # whoever wants to work on the run need not wait for the look
        parts = removable(layout, rule)
    return [Freed(part.kind, layout.root.name, part.name, part.bytes) for part in parts]


def _prune_cache(cache: Path, runs: Path, before: float, *, dry_run: bool) -> list[Freed]:
    # Held while it is asked what is in use: a study that ingests would else come in between.
    with holding(cache / LOCK):
        if not dry_run:
            freed = _unused(cache, runs, before)
            for path in left_over(cache):
                path.unlink()
            drop_unused(cache, used(cache, runs, before))
    return _unused(cache, runs, before) if dry_run else freed


def _unused(cache: Path, runs: Path, before: float) -> list[Freed]:
    going, left = unused(cache, used(cache, runs, before)), left_over(cache)
    found = [Freed("left over", cache.name, path.name, size_of(path)) for path in left]
    if going.photographs:
        found.append(Freed("photographs", cache.name, f"{going.photographs} that no run uses", going.bytes))
    return found


def _prune_collections(runs: Path, before: float, *, dry_run: bool) -> list[Freed]:
    with ExitStack() as locks:
        for cache in caches(runs):  # a study writes its table while it holds its cache
            locks.enter_context(holding(cache / LOCK))
        if dry_run:
            locks.close()
        freed = []
        for file in old_collections(runs, before):
            freed.append(Freed("table of coins", file.parent.name, file.name, size_of(file)))
            if not dry_run:
                file.unlink()
    return freed
