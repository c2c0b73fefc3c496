"""The names of coins, read from the names of their photographs."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from unicodedata import normalize

import pandas as pd

from coin_xai.catalogue.pattern import DEFAULT_PATTERN
from coin_xai.catalogue.sides import SIDES, side_of
from coin_xai.catalogue.wording import count, printable, some
from coin_xai.errors import CatalogueError

PARTS = ("collection", "inventory", "side")
COLUMNS = ("coin_id", "path", *PARTS, "error")

Row = tuple[str, str, str | None, str | None, str | None, str | None]


def catalogue(paths: Iterable[str], *, pattern: str | None = DEFAULT_PATTERN) -> pd.DataFrame:
    """Name the coins of some photographs.

    A file whose name, without folder and suffix, matches the pattern as a whole is called by that name, and
    the parts of the name become columns. Any other is called by its relative path without suffix; so is one
    that matches the default pattern but for a word that is no side. The coin_id is in the composed form of
    Unicode (NFC), so that a folder copied from a Mac gives the same coins.

    A path that no table can hold, since it is not UTF-8 or has control characters in it, gets an error, and
    its path is shown escaped.

    Args:
        paths: of the photographs, relative, with `/` between folders.
        pattern: regular expression with the named groups collection, inventory, side, or some of them.

    Returns:
        One row a photograph, by coin_id: coin_id, path, collection, inventory, side, error (null where the
        photograph can be used).

    Raises:
        CatalogueError: the pattern is none, two photographs have one name or names that differ in capitals
            alone, or a side is no known word.
    """
    expression = _compile(pattern)
    any_side = pattern != DEFAULT_PATTERN
    rows = [_row(path, expression, any_side=any_side) for path in paths]
    coins = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    coins = coins.sort_values("coin_id", kind="stable").reset_index(drop=True)
    doubled = coins.loc[coins["coin_id"].duplicated(keep=False), "path"]
    if len(doubled):
        raise CatalogueError(
            f"{len(doubled)} photographs share their coin_id with another: {some(doubled)}; rename them, "
            "take one of each out of the folder or give another --name-pattern"
        )
    _refuse_twins(coins)
    sides = [word and side_of(word) for word in coins["side"]]
    strange = [
        path
        for path, word, side in zip(coins["path"], coins["side"], sides, strict=True)
        if word and not side
    ]
    if strange:
        raise CatalogueError(
            f"the side of {count(len(strange), 'photograph')} is no known word ({', '.join(sorted(SIDES))}): "
            f"{some(strange)}; rename them or give another --name-pattern"
        )
    coins["side"] = pd.Series(sides, dtype=object)
    return coins


def _refuse_twins(coins: pd.DataFrame) -> None:
    """Refuse names that many systems take for one: pictures of one coin would replace those of another."""
    alike = pd.Series([normalize("NFC", coin_id.lower()) for coin_id in coins["coin_id"]])
    twins = coins.loc[alike.duplicated(keep=False).to_numpy(), "path"]
    if len(twins):
        raise CatalogueError(
            f"{len(twins)} photographs have names that differ from another's in capitals alone: "
            f"{some(twins)}; Windows and macOS would take their pictures for one, so rename them or take one "
            "of each out of the folder"
        )


def _compile(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise CatalogueError(f"--name-pattern {pattern!r} is no regular expression: {error}") from error
    if not set(expression.groupindex) <= set(PARTS):
        raise CatalogueError(
            f"--name-pattern {pattern!r} may name the groups {', '.join(PARTS)} and no others"
        )
    return expression


def _row(path: str, expression: re.Pattern[str] | None, *, any_side: bool) -> Row:
    shown = printable(path)
    if shown != path:
        return _without_suffix(shown), shown, None, None, None, f"{shown} {_fault(path)}; rename it"
    stem = normalize("NFC", PurePosixPath(path).stem)
    match = expression.fullmatch(stem) if expression else None
    parts = match.groupdict() if match else {}
    side = parts.get("side")
    if match is None or (side and side_of(side) is None and not any_side):
        return normalize("NFC", _without_suffix(path)), path, None, None, None, None
    return stem, path, parts.get("collection"), parts.get("inventory"), side, None


def _fault(path: str) -> str:
    not_utf_8 = any("\ud800" <= sign <= "\udfff" for sign in path)
    return "has a name that is not UTF-8" if not_utf_8 else "has control characters in its name"


def _without_suffix(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix()
