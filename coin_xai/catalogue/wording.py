"""How names and values are shown in messages."""

import unicodedata
from collections.abc import Iterable

NAMED_AT_MOST, QUOTED_AT_MOST = 5, 60
UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories: control signs, bytes that are no UTF-8, separators of lines and paragraphs."""


def printable(text: str) -> str:
    r"""Return a text with every sign that tables and terminals cannot hold escaped, such as `\xfc` or `\n`.

    A text without such signs comes back as it is. Bytes of a file name that are no UTF-8, which Python
    holds as surrogates, are shown as the bytes that they are.
    """
    return "".join(_escaped(sign) if unicodedata.category(sign) in UNPRINTABLE else sign for sign in text)


def quoted(text: str) -> str:
    """Return what somebody has written for a message, which it can neither break nor flood."""
    shown = printable(text)
    return f"'{shown if len(shown) <= QUOTED_AT_MOST else f'{shown[:QUOTED_AT_MOST]}...'}'"


def some(values: Iterable[str]) -> str:
    """Return the first few of some values, and how many more there are."""
    values = list(values)
    more = f" and {len(values) - NAMED_AT_MOST} more" if len(values) > NAMED_AT_MOST else ""
    return ", ".join(values[:NAMED_AT_MOST]) + more


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number and what is counted: 1 photograph is, 2 photographs are.

    Args:
        number: how many.
        one: what a single one is called.
        many: what several or none are called; without it, an s is put behind.
    """
    return f"{number} {one}" if number == 1 else f"{number} {many or f'{one}s'}"


def _escaped(sign: str) -> str:
    if "\udc80" <= sign <= "\udcff":
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")
