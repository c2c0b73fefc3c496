"""Pieces of the Markdown that the Prefect page shows."""

import re
from collections.abc import Sequence


def table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """Return a table; what stands in its cells is Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def plain(text: str) -> str:
    """Return a text on one line in which nothing is markup, neither Markdown nor HTML."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$-])", r"\\\1", " ".join(text.split()))


def artifact_key(name: str) -> str:
    """Return the key of an artifact: what Prefect allows of a name."""
    return re.sub(r"[^a-z0-9]+", "-", f"coin-xai-{name}".lower()).strip("-")
