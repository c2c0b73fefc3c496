"""What tests only look at is made once, by the first of their processes that wants it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """Return a path that was made in a folder of all processes of tests; the others wait for it.

    Args:
        factory: of the folders of this process of tests.
        name: of the folder.
        make: makes what is wanted in the empty folder that it is given, and returns where that is.
    """
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    made = folder.with_name(f"{name}.made")
    with FileLock(folder.with_name(f"{name}.lock")):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of one who failed
            folder.mkdir()
            made.write_text(str(make(folder)))
    return Path(made.read_text())
