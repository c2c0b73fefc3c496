"""Tables as scripts: what a page from disk can load, since browsers let it fetch no file."""

import base64
import json
import math
import re
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

SIGNIFICANT_DIGITS = 5
NUMBER = re.compile(r"-?(0|[1-9]\d*)([.]\d+)?")
"""A number as people write it; `0012` is an inventory number, and stays text."""


class Heat(TypedDict):
    """Maps in 256 steps of each one's own maximum.

    Attributes:
        grid: their height and width in cells.
        maximum: of each map, raw (N).
        steps: all maps one after the other, row by row, one byte a cell, as base64.
    """

    grid: list[int]
    maximum: npt.NDArray[np.float64]
    steps: str


STRICT = '"use strict";\n'


def script(name: str, content: Any) -> bytes:
    """Return plain values as a JavaScript constant of that name.

    Infinite values and NaN become null. No text in it can end the script or begin a tag.
    """
    return f"{STRICT}const {name} = ".encode() + _written(content) + b";\n"


def call(name: str, content: Any) -> bytes:
    """Return a script that gives plain values to a function of that name, once it is loaded."""
    return f"{STRICT}{name}(".encode() + _written(content) + b");\n"


def content_of(source: bytes, name: str) -> Any:
    """Return what `script` wrote as a constant of that name.

    Raises:
        ValueError: it did not.
    """
    head, end = f"{STRICT}const {name} = ".encode(), b";\n"
    if not (source.startswith(head) and source.endswith(end)):
        raise ValueError(f"it is no script of {name}")
    return json.loads(source[len(head) : -len(end)])


def column(values: pd.Series, *, group: str) -> dict[str, object]:
    """Return a column of a table, its texts written once each.

    Args:
        values: of the column; its name is the name.
        group: where the page shows it.

    Returns:
        `name`, `group`, `kind`, and by kind: numbers, with null for what is missing; flags as 0 and 1; or
        texts in order, with the position of each coin's text, -1 for none, and whether all texts are numbers.
    """
    head: dict[str, object] = {"name": str(values.name), "group": group}
    if pd.api.types.is_bool_dtype(values.dtype):
        return head | {"kind": "flag", "numbers": [int(value) for value in values]}
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        return head | {"kind": "number", "numbers": numbers}
    texts = [None if pd.isna(value) else str(value) for value in values]
    present = sorted({text for text in texts if text is not None})
    code = {text: position for position, text in enumerate(present)}
    return head | {
        "kind": "text",
        "texts": present,
        "codes": [-1 if text is None else code[text] for text in texts],
        "numeric": bool(present) and all(NUMBER.fullmatch(text) for text in present),
    }


def heat(maps: npt.NDArray[np.floating]) -> Heat:
    """Return the positive part of maps (N x h x w)."""
    positive = np.maximum(maps, 0).astype(np.float64)
    maximum = positive.reshape(len(maps), -1).max(axis=1, initial=0)
    share = positive / np.where(maximum > 0, maximum, 1)[:, None, None]
    steps = np.rint(255 * share).astype(np.uint8)
    return {"grid": list(maps.shape[1:]), "maximum": maximum, "steps": base64_of(steps)}


def base64_of(values: npt.NDArray[np.uint8]) -> str:
    """Return bytes of whatever shape, row by row, as text in base64 (RFC 4648)."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def bytes_of(text: str) -> npt.NDArray[np.uint8]:
    """Return the bytes that `base64_of` wrote."""
    return np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)


def _written(content: Any) -> bytes:
    text = json.dumps(_plain(content), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    # A lone surrogate, half of a sign, cannot be written as UTF-8.
    return text.encode(errors="backslashreplace")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _short(float(value))
    return value


def _short(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    # Whole numbers, such as those of clusters, are never shortened.
    return int(value) if value == int(value) else short
