"""The folder on this machine that work on a store's runs is done in; it knows of which store it is a copy."""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from storage.atomic import write_bytes
from storage.errors import DamagedError
from storage.place import is_url
from storage.remote.store import Store, open_store

RECORD = "store.json"


@dataclass(frozen=True)
class WorkingCopy:
    """A folder of runs that are kept in a store.

    Attributes:
        folder: where the runs lie on this machine.
        store: where they are kept.
        mark: tells this copy from all others.
    """

    folder: Path
    store: Store
    mark: str


def working_copy(url: str) -> WorkingCopy:
    """Return this machine's copy of a store, in the user's cache; it is made if need be, and empty then.

    Raises:
        PlaceError: the address cannot be that of a store.
    """
    store = open_store(url)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = f"{store.root.rsplit('/', 1)[-1]}-{hashlib.sha256(store.url.encode()).hexdigest()[:12]}"
    folder = cache / "coin-xai" / name
    if not (folder / RECORD).exists():
        record = {"url": store.url, "copy": secrets.token_hex(16)}
        write_bytes(folder / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    found = copy_at(folder)
    assert found is not None
    return found


def copy_at(folder: Path) -> WorkingCopy | None:
    """Return the working copy that a folder of runs is, or None if the runs are kept there and nowhere else.

    Raises:
        DamagedError: its record cannot be read.
    """
    path = folder / RECORD
    try:
        record = json.loads(path.read_text())
        url, mark = record["url"], record["copy"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{path} cannot be read ({error}); remove {folder}, the store holds its runs"
        ) from error
    if not is_url(url):
        raise DamagedError(f"{path} names no store; remove {folder}, the store holds its runs")
    return WorkingCopy(folder, open_store(url), str(mark))
