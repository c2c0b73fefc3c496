"""What is reused of work that is found on disk."""

from pathlib import Path
from typing import Literal

from storage.markers import is_done

Reuse = Literal["size", "hash", "nothing"]
"""What has the right sizes, what has the right content, or nothing."""


def may_reuse(folder: Path, fingerprint: str, reuse: Reuse) -> bool:
    """Tell whether a folder holds the work of this fingerprint and nothing of it needs to be done."""
    return reuse != "nothing" and is_done(folder, fingerprint, verify=reuse)
