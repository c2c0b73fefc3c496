"""Finds the photographs in a folder, and tells what it passes over."""

import logging
import os
from pathlib import Path, PurePath
from typing import NoReturn

from coin_xai.catalogue.wording import count, printable, some
from coin_xai.errors import CatalogueError

log = logging.getLogger(__name__)

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
OTHER_PICTURES = (".heic", ".heif", ".avif", ".gif", ".jp2", ".jfif", ".psd", ".dng", ".cr2", ".nef", ".arw")
HIDDEN_FOLDERS = ("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN")
"""Where systems put thumbnails, rubbish and shadows of files, beside all names that begin with a dot."""


def photographs_in(root: Path, *, apart_from: Path) -> list[str]:
    """Return the paths of the photographs in a folder, at any depth: relative, `/` between folders, in order.

    Hidden files, pictures of other kinds and linked folders are left out, and one line each says so.

    Args:
        root: the folder, resolved.
        apart_from: a folder inside it that is not searched, resolved.

    Raises:
        CatalogueError: a folder cannot be searched.
    """
    found, hidden, others, links = [], [], [], []
    for folder, subfolders, files in os.walk(root, onerror=_refuse):
        here = Path(folder)
        subfolders[:] = [name for name in subfolders if here / name != apart_from]
        links += [(here / name).relative_to(root) for name in subfolders if (here / name).is_symlink()]
        for path in ((here / name).relative_to(root) for name in files):
            suffix = path.suffix.lower()
            if suffix not in SUFFIXES + OTHER_PICTURES:
                continue
            if _is_hidden(path):
                hidden.append(path)
            elif suffix in SUFFIXES:
                found.append(path)
            else:
                others.append(path)
    for paths, one, many, remedy in (
        (hidden, "hidden picture is left out", "hidden pictures are left out", ""),
        (
            others,
            "picture of another kind is left out",
            "pictures of other kinds are left out",
            "; save them as JPEG, PNG or TIFF",
        ),
        (
            links,
            "linked folder is not searched",
            "linked folders are not searched",
            "; copy their photographs into the folder",
        ),
    ):
        if paths:
            named = some(printable(path.as_posix()) for path in sorted(paths))
            log.warning("%s%s: %s", count(len(paths), one, many), remedy, named)
    return [path.as_posix() for path in sorted(found)]


def _is_hidden(path: PurePath) -> bool:
    return any(part.startswith(".") or part in HIDDEN_FOLDERS for part in path.parts)


def _refuse(error: OSError) -> NoReturn:
    raise CatalogueError(
        f"{error.filename} cannot be searched ({error.strerror}); make it readable or take it out"
    ) from error
