"""How to make a run once more, as a text that goes with it."""

import shlex
from collections.abc import Mapping, Sequence

TEXT = """\
# How to reproduce {run}

{coins} coins in {clusters} clusters; explanation {explanation}, made with coin-xai {version}.

## The photographs

They are not in this archive at their full size. `photographs.sha256` lists all of them with their SHA-256.
In the folder that holds them:

    sha256sum --check photographs.sha256

The table of coins changes no cluster and no map; its columns are in `page/app/coins.csv`.

## The program

Python {python} and these versions, which decide about the last digits:

{requirements}

## The commands

In place of IMAGES give the folder of the photographs{more}.

{commands}

The same versions on the same kind of processor give the same clusters and maps; others may differ in the
last digits, and training carries such differences on.

## What to compare

`manifest.json` lists every file of the explanation with its SHA-256, `run.json` what the run is of.
Checkpoint of epoch {epoch}: SHA-256 `{checkpoint}`. Fingerprint of the photographs: `{photographs}`.
"""


def instructions(
    *,
    commands: Sequence[Sequence[str]],
    versions: Mapping[str, str],
    files: Mapping[str, str],
    **values: object,
) -> str:
    """Return the text.

    Args:
        commands: to be given one after the other, as lists of words.
        versions: of Python and of the libraries that numbers depend on.
        files: what else to put in the place of a word in capitals: the word, and what it is.
        values: of the other places of the text.
    """
    libraries = {name: number for name, number in versions.items() if name != "python"}
    return TEXT.format(
        python=versions["python"],
        requirements="\n".join(f"    {name}=={number}" for name, number in libraries.items()),
        commands="\n".join("    " + shlex.join(words) for words in commands),
        more="".join(f", of {word} {what}" for word, what in files.items()),
        **values,
    )


def checksums(photographs: Mapping[str, str]) -> str:
    """Return names and SHA-256 of photographs as `sha256sum` writes and reads them, by name."""
    return "".join(_line(name, digest) for name, digest in sorted(photographs.items()))


def _line(name: str, digest: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"
