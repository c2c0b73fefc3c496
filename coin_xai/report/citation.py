"""How to cite a run: a citation file of the Citation File Format 1.2.0 (Druskat et al. 2021)."""

import json
from collections.abc import Sequence

SOFTWARE_AUTHOR = "The makers of coin-xai"


def citation(
    run: str, *, explanation: str, coins: int, clusters: int, authors: Sequence[str], version: str
) -> str:
    """Return the content of CITATION.cff: the run as a data set, and the software that made it.

    Args:
        run: its name.
        explanation: its fingerprint, which tells it from every other.
        coins: how many there are.
        clusters: of them.
        authors: who made the run, as "Family, Given", or the name of an institution.
        version: of the software.
    """
    makers = authors or [f"The makers of the run {run}"]
    lines = [
        "cff-version: 1.2.0",
        "message: " + _quoted("Please cite this data set and the software that made it."),
        "type: dataset",
        "title: " + _quoted(f"{run}: {coins} coins in {clusters} clusters, and what speaks for them"),
        "authors:",
        *(line for name in makers for line in _author(name)),
        "identifiers:",
        "  - type: other",
        "    value: " + _quoted(explanation),
        "    description: " + _quoted("Fingerprint of the explanation, as its manifest has it"),
        "references:",
        "  - type: software",
        "    title: coin-xai",
        "    version: " + _quoted(version),
        "    authors:",
        *("    " + line for line in _author(SOFTWARE_AUTHOR)),
    ]
    return "\n".join(lines) + "\n"


def person(name: str) -> tuple[str, str] | None:
    """Return the family name and the given names of "Family, Given"; None for what is no person's name."""
    family, comma, given = (part.strip() for part in name.partition(","))
    return (family, given) if comma and family and given else None


def _author(name: str) -> list[str]:
    named = person(name)
    if named is None:
        return [f"  - name: {_quoted(name.strip())}"]
    family, given = named
    return [f"  - family-names: {_quoted(family)}", f"    given-names: {_quoted(given)}"]


def _quoted(text: str) -> str:
    # Every string of JSON is one of YAML, whatever stands in it.
    return json.dumps(text, ensure_ascii=False)
