"""What makes two pieces of work the same: a hash of everything that determines their result."""

import hashlib
import json
from pathlib import Path
from typing import Any

SHOWN_DIGITS = 12


def fingerprint(content: Any) -> str:
    """Return a short hash of plain content, as `digest` makes it, to be shown."""
    return digest(content)[:SHOWN_DIGITS]


def digest(content: Any) -> str:
    """Return the SHA-256 of plain content (dicts, lists, texts, numbers), whatever the order of keys."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
