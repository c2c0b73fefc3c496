"""What of a run can go: explanations and checkpoints that nothing needs, views, what killed processes left.

Needed are: the explanation that `latest` leads to, and those that bundles were made of; of the checkpoints
the last one, which training goes on from, the last finished one, which is explained next, and those of the
explanations that stay. An explanation is as old as its manifest, a checkpoint as its record: when they were
written last. Views serve a training that was not finished, and collections that grow; without them coins are
looked at again.

What goes vanishes under its name in one step. A process that is killed in between leaves a run that is
whole, and something half-removed that `sweep` removes.
"""

import io
import logging
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from storage import checkpoints
from storage.errors import DamagedError, MissingError, RunBusyError
from storage.layout import ExplanationLayout, RunLayout
from storage.lock import holding
from storage.manifest import Origin, origin_in, read_origin
from storage.markers import UNFINISHED, discard, leftovers, sweep

log = logging.getLogger(__name__)

Kind = Literal["explanation", "checkpoint", "views", "left over"]

TELLING = ("epoch", "checkpoint_sha256", "attribution")
"""What tells explanations of a run apart in their manifests."""


class Rule(NamedTuple):
    """What may go: what is both not among the last ones and old.

    Attributes:
        keep_last: so many explanations and so many finished checkpoints of a run stay.
        before: what was made later stays (seconds since 1970).
    """

    keep_last: int
    before: float


class Part(NamedTuple):
    """Something of a run that goes as a whole.

    Attributes:
        kind: what it is.
        name: fingerprint, epoch or path, for people.
        bytes: of its files.
    """

    kind: Kind
    name: str
    bytes: int


class _Explanation(NamedTuple):
    root: Path
    made: float
    origin: Origin | None
    """What it was made from; None where it was not finished or is damaged."""


def removable(layout: RunLayout, rule: Rule) -> list[Part]:
    """Return what of a run can go; nobody works on it.

    Raises:
        DamagedError: a bundle does not say which explanation it needs.
    """
    explanations = _explanations(layout)
    going = _old_explanations(layout, explanations, rule)
    staying = [one for one in explanations if one not in going]
    epochs = _old_checkpoints(layout, staying, rule)
    inside = [one.root for one in going]
    left = [
        path
        for path in (*leftovers(layout.root), *checkpoints.without_record(layout))
        if not any(path.is_relative_to(root) for root in inside)
    ]
    return [
        *(Part("explanation", one.root.name, size_of(one.root)) for one in going),
        *(
            Part("checkpoint", str(one), sum(map(size_of, checkpoints.files_of(layout, one))))
            for one in epochs
        ),
        *(Part("views", "of coins, for more of them", size_of(path)) for path in _old_views(layout, rule)),
        *(Part("left over", path.relative_to(layout.root).as_posix(), size_of(path)) for path in left),
    ]


def remove(layout: RunLayout, parts: list[Part]) -> None:
    """Remove parts of a run; its lock is held since they were looked for."""
    # Explanations first: at no moment does one stand there whose checkpoint is gone.
    for part in parts:
        if part.kind == "explanation":
            discard(layout.explanation(part.name).root)
    for part in parts:
        if part.kind == "checkpoint":
            checkpoints.remove(layout, int(part.name))
        if part.kind == "views":
            discard(layout.views)
    for path in checkpoints.without_record(layout):
        path.unlink()
    sweep(layout.root)


def size_of(path: Path) -> int:
    """Return how many bytes a file has, or all files in a folder; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum((Path(folder) / name).lstat().st_size for folder, _, names in os.walk(path) for name in names)


def _explanations(layout: RunLayout) -> list[_Explanation]:
    """Return the explanations of a run, the one made last first."""
    folder = layout.explanation("").root
    found = []
    for root in sorted(folder.iterdir()) if folder.is_dir() else []:
        if root.is_dir() and not root.name.startswith(UNFINISHED):
            explanation = ExplanationLayout(root)
            # What was not finished is as old as the last attempt, which begins with this table.
            dating = explanation.manifest, explanation.assignments
            dated = next((path for path in dating if path.exists()), root)
            found.append(_Explanation(root, dated.stat().st_mtime, _origin(root)))
    return sorted(found, key=lambda one: one.made, reverse=True)


def _origin(root: Path) -> Origin | None:
    try:
        origin = read_origin(root)
    except (MissingError, DamagedError):
        return None
    return origin if type(origin.get("epoch")) is int else None


def _old_explanations(layout: RunLayout, explanations: list[_Explanation], rule: Rule) -> list[_Explanation]:
    latest, bundled = layout.latest.resolve().name, [_telling(origin) for origin in _bundled(layout)]
    return [
        one
        for one in explanations[rule.keep_last :]
        if one.made < rule.before
        and one.root.name != latest
        and not one.root.is_symlink()  # somebody keeps it elsewhere
        and (one.origin is None or _telling(one.origin) not in bundled)
        and not _is_held(ExplanationLayout(one.root))
    ]


def _old_checkpoints(layout: RunLayout, staying: list[_Explanation], rule: Rule) -> list[int]:
    finished, everyone = checkpoints.epochs(layout, finished=True), checkpoints.epochs(layout)
    if any(one.origin is None for one in staying):
        # Which checkpoint it is of cannot be told.
        return []
    needed = {one.origin["epoch"] for one in staying if one.origin is not None}
    needed |= {*everyone[-1:], *finished[-max(rule.keep_last, 1) :]}
    return [
        epoch
        for epoch in everyone
        if epoch not in needed and checkpoints.files_of(layout, epoch)[0].stat().st_mtime < rule.before
    ]


def _old_views(layout: RunLayout, rule: Rule) -> list[Path]:
    """Return the folder of the views of a run that has been trained, if they are old."""
    if not layout.views.is_dir() or not checkpoints.epochs(layout, finished=True):
        return []
    made = max(
        path.stat().st_mtime for path in (layout.views, *layout.views.glob("*"), *layout.views.glob("*/*"))
    )
    return [layout.views] if made < rule.before else []


def _bundled(layout: RunLayout) -> Iterator[Origin]:
    """Yield what the explanations were made from that lie in bundles beside the run."""
    for path in sorted(layout.root.glob("[!.]*.zip")):
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.count("/") == 1 and name.endswith("/manifest.json"):
                        with archive.open(name) as file:
                            yield origin_in(io.TextIOWrapper(file, encoding="utf-8"))
        # What is encrypted, or packed in a way that nobody knows, is a RuntimeError.
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError) as error:
            raise DamagedError(
                f"{path} does not say which explanation it was made of ({error}); move it away, "
                "or make it anew with coin-xai report --bundle"
            ) from error


def _telling(origin: Origin) -> tuple[object, ...]:
    return tuple(origin.get(name) for name in TELLING)


def _is_held(explanation: ExplanationLayout) -> bool:
    """Tell whether another process explains clusters of it."""
    for lock in explanation.lock(0).parent.glob("*.lock"):
        try:
            with holding(lock):
                pass
        except RunBusyError as error:
            log.info("%s", error)
            return True
    return False
