"""Writes the coins that the mint draws: photographs as JPEG, truths as a table."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from coin_xai.errors import OptionError
from coin_xai.mint import MINT_VERSION, Issue, mint
from storage.fingerprint import fingerprint
from storage.lock import holding
from storage.markers import MARKER, committing, is_done, read_marker
from storage.pictures import write_picture
from storage.tables import csv_bytes
from tasks.running.progress import stage

TRUTHS = "truths.csv"


def write_drawn_coins(folder: Path, issue: Issue) -> Path:
    """Draw an issue into a folder, which appears as a whole or not at all, and return the table of truths.

    A folder that holds this very issue stays as it is; one of another issue is replaced.

    Raises:
        OptionError: the folder holds files that the mint did not make.
    """
    issue_fingerprint = fingerprint({"version": MINT_VERSION, "issue": asdict(issue)})
    with holding(folder.with_name(f".{folder.name}.lock")):
        _refuse_foreign_files(folder)
        if not is_done(folder, issue_fingerprint):
            _draw(folder, issue, issue_fingerprint)
    return folder / TRUTHS


def _draw(folder: Path, issue: Issue, issue_fingerprint: str) -> None:
    rows = []
    with committing(folder, issue_fingerprint) as temporary, stage("mint", issue.coins) as advance:
        for coin in mint(issue):
            row = coin.truth.row()
            write_picture(temporary / str(row["file"]), coin.photograph)
            rows.append(row)
            advance(1)
        (temporary / TRUTHS).write_bytes(csv_bytes(pd.DataFrame(rows)))


def _refuse_foreign_files(folder: Path) -> None:
    marker = read_marker(folder) or {"files": {}}
    ours = {*marker["files"], MARKER}
    present = folder.rglob("*") if folder.exists() else ()
    foreign = sorted(name for path in present if (name := path.relative_to(folder).as_posix()) not in ours)
    if foreign:
        raise OptionError(
            f"{folder} holds files that the mint did not make, such as {foreign[0]}; name a new folder"
        )
