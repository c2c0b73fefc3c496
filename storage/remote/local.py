"""The files of a run on this machine, as a store keeps them: finished folders, explanations, and the rest."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from storage.atomic import TEMPORARY
from storage.layout import RunLayout
from storage.markers import MARKER, UNFINISHED

SYNCED = "synced.json"
"""The index of the store as this copy last sent or brought it."""

LOCK = "mirror.lock"
EXPLANATIONS = "explanations"


def finished_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders with a marker, at any depth, in order; what lies inside of one is part of it."""
    if (folder / MARKER).is_file():
        yield folder
        return
    try:
        inside = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:  # removed meanwhile
        return
    for name in inside:
        if not name.startswith(UNFINISHED):
            yield from finished_folders(folder / name)


def loose_files(root: Path) -> Iterator[Path]:
    """Yield the files of a run that belong neither to a finished folder nor to an explanation.

    Checkpoints come first: whoever reads the files in this order, while a training writes, never has a
    checkpoint and not what was written before it.
    """
    run = RunLayout(root)
    checkpoints = run.checkpoints
    yield from _loose(checkpoints, apart_from=())
    yield from _loose(root, apart_from=(checkpoints, root / EXPLANATIONS, *_of_this_machine(run)))


def may_be_loose(name: PurePath) -> bool:
    """Tell whether a file of that name, relative to the run, is one of those; locks belong to a machine."""
    run = RunLayout(Path())
    here = [path.name for path in _of_this_machine(run)]
    return (
        name.parts[0] not in (".store", EXPLANATIONS, run.latest.name, *here)
        and name.suffix != ".lock"
        and name.name != SYNCED
    )


def _of_this_machine(run: RunLayout) -> tuple[Path, ...]:
    """Return folders of what can be made anew, and is of use while it is made."""
    return run.views, run.pretrained_maps, run.matches


def _loose(folder: Path, *, apart_from: tuple[Path, ...]) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        path = folder / entry.name
        if entry.is_symlink() or entry.name.startswith((UNFINISHED, TEMPORARY)) or path in apart_from:
            continue
        if entry.is_dir():
            yield from _loose(path, apart_from=apart_from)
        elif path.suffix != ".lock" and entry.name != SYNCED:
            yield path
