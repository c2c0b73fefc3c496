"""The coins as a table of Orange (Demšar et al. 2013), whose image viewer shows their photographs.

A file `.tab` has three rows of headings: names, types, and what a column is for. The column of images says
with `type=image` and `origin` where they lie.
"""

import json
import re

import pandas as pd

from tasks.exporting.explained import PHOTOGRAPH, ExplainedCoins, printable

CLUSTER = "cluster"
MOST_VALUES = 100
"""Of a text that Orange is to take for a kind of coin, such as a type, by which it colours."""
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(e-?[0-9]+)?")
"""What a user's table means as a number; 0042 is an inventory number."""


def orange_table(explained: ExplainedCoins) -> bytes:
    """Return the table: clusters are its class, numbers are features, and texts are beside them."""
    coins = explained.coins
    places = zip(coins["coin_id"], coins[CLUSTER], strict=True)
    columns = {name: _column(name, coins[name]) for name in coins.columns}
    origin = json.dumps(str(explained.photographs), ensure_ascii=False)  # Orange reads it as a text of Python
    image = f"meta type=image {_escaped(f'origin={origin}')}"
    columns[PHOTOGRAPH] = ("string", image, [explained.photograph(*one) for one in places])
    rows = [
        [_cell(name) for name in columns],
        [kind for kind, _, _ in columns.values()],
        [flags for _, flags, _ in columns.values()],
        *zip(*([_cell(one) for one in values] for _, _, values in columns.values()), strict=True),
    ]
    return "".join("\t".join(row) + "\n" for row in rows).encode(errors="replace")


def _column(name: str, values: pd.Series) -> tuple[str, str, list[object]]:
    """Return type, flags and cells of a column."""
    cells = values.tolist()
    if name == CLUSTER:
        return "discrete", "class", [f"cluster {one}" for one in cells]
    if pd.api.types.is_bool_dtype(values):
        return "discrete", "", cells
    if pd.api.types.is_numeric_dtype(values):
        return "continuous", "", cells
    told = values.dropna().astype(str)
    if len(told) and told.map(lambda one: NUMBER.fullmatch(one) is not None).all():
        return "continuous", "meta", cells
    few = told.nunique() <= min(MOST_VALUES, len(told) // 2)
    return "discrete" if few else "string", "meta", cells


def _cell(value: object) -> str:
    if value is None or value != value or value is pd.NA:
        return ""
    return " ".join(str(printable(value)).split("\t")).replace("\r", " ").replace("\n", " ")


def _escaped(flag: str) -> str:
    return flag.replace(" ", "\\ ")
