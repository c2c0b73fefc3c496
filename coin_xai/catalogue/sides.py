"""The two sides of a coin, in the words that museums use for them."""

from unicodedata import normalize

SIDES = {
    **dict.fromkeys(("r", "rev", "revers", "reverse", "rückseite"), "reverse"),
    **dict.fromkeys(("a", "d", "o", "obv", "avers", "droit", "obverse", "vorderseite"), "obverse"),
}
"""The words known; D, of `droit`, is the obverse in French and never the other."""


def side_of(word: str) -> str | None:
    """Return `obverse` or `reverse` for a word in any case and Unicode form, None for an unknown one."""
    return SIDES.get(normalize("NFC", word).casefold())
