"""The order in which torchvision's `ImageFolder` lists a folder; the published code knows images by it."""

import os
from pathlib import Path

from storage.legacy.errors import LegacyError

SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def image_folder(root: Path, *, apart_from: Path | None = None) -> list[str]:
    """Return the images of a folder of class folders: relative to it, `/` between folders.

    Class by class in the order of their names; in each, folder by folder in the order of their paths, and in
    each of these the files by name. Images that lie in the root itself do not count. Old versions of
    torchvision took the order of the file system instead, which no one can know afterwards.

    Args:
        root: the folder that the training was given.
        apart_from: a folder inside it that is passed over.

    Raises:
        LegacyError: a folder is a link, or there are no class folders.
    """
    found = []
    classes = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and entry != apart_from)
    for name in classes:
        _refuse_link(root / name)
        for folder, subfolders, files in sorted(os.walk(root / name)):
            here = Path(folder)
            for subfolder in subfolders:
                _refuse_link(here / subfolder)
            # The root of the walk is not hidden by its own name: the runs may lie deeper down.
            if apart_from is None or not here.is_relative_to(apart_from):
                found += [
                    (here / file).relative_to(root).as_posix()
                    for file in sorted(files)
                    if file.lower().endswith(SUFFIXES)
                ]
    if not found:
        raise LegacyError(
            f"{root} has no folders with images in it; a cluster log without paths needs the folder that the "
            "training was given, with one folder a class"
        )
    return found


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise LegacyError(
            f"{folder} is a linked folder, and what it leads to is not followed; copy its images into it"
        )
