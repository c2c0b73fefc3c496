"""Files on record: what a file is, by size and SHA-256, and whether it still is that.

Records lie on disk beside the files and may have been changed by anyone. So a name in a record is followed
only inside of the folder that the record is of.
"""

import stat
from pathlib import Path
from typing import Any, Literal

from storage.fingerprint import hash_file

Verify = Literal["size", "hash"]


def describe(path: Path) -> dict[str, Any]:
    """Return what is recorded of a file: `bytes` and `sha256`."""
    return {"bytes": path.stat().st_size, "sha256": hash_file(path)}


def damages(root: Path, recorded: dict[str, Any], *, verify: Verify = "hash") -> list[str]:
    """Return a sentence for every file that is missing or not what was recorded.

    Args:
        root: the folder that the record is of.
        recorded: by name relative to the root, what `describe` said of each file.
        verify: compare sizes alone, or contents as well.
    """
    root = root.resolve()
    found = []
    for name, expected in recorded.items():
        damage = _damage(root, name, expected, verify)
        if damage is not None:
            found.append(f"{name if name.isprintable() else repr(name)} {damage}")
    return found


def _damage(root: Path, name: str, expected: Any, verify: Verify) -> str | None:
    try:
        size, sha256 = expected["bytes"], expected["sha256"]
    except (KeyError, TypeError):
        return "has no size and hash on record"
    try:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            return "lies outside of the folder and was not opened"
        status = path.stat()
        # Reading a pipe or a device would never end.
        if not stat.S_ISREG(status.st_mode):
            return "is no file"
        if status.st_size != size:
            return f"has {status.st_size} bytes instead of {size}"
        if verify == "hash" and hash_file(path) != sha256:
            return "has other content than was written"
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (ValueError, RuntimeError):
        # A zero byte in the name; a link that leads to itself.
        return "cannot name a file"
    return None
