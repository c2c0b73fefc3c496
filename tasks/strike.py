"""Writes the coins that the mint draws: photographs as JPEG, truths as a table."""

from pathlib import Path

import pandas as pd

from coin_xai.errors import OptionError
from coin_xai.mint import Issue, mint
from storage.atomic import replacing, write_bytes
from storage.pictures import write_picture
from tasks.progress import stage

TRUTHS = "truths.csv"


def strike(folder: Path, issue: Issue) -> Path:
    """Draw an issue into a folder and return the file of its truths, written last.

    A folder of an earlier issue is written again.

    Raises:
        OptionError: the folder holds other files.
    """
    table = folder / TRUTHS
    if folder.exists() and not table.exists() and any(folder.iterdir()):
        raise OptionError(f"{folder} holds other files; name a new folder")
    rows = []
    with stage("mint", issue.coins) as advance:
        for coin in mint(issue):
            row = coin.truth.row()
            with replacing(folder / str(row["file"])) as temporary:
                write_picture(temporary, coin.photograph)
            rows.append(row)
            advance(1)
    write_bytes(table, pd.DataFrame(rows).to_csv(index=False).encode())
    return table
