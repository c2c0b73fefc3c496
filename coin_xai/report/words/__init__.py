"""Every word of the pages, once, in the languages that it speaks.

Names of columns of the user's table come as they are; what other rooms say is in `sentences`.
"""

from typing import Any, Literal, get_args

from coin_xai.report.words.claims import CLAIMS
from coin_xai.report.words.comparison import COMPARISON, SHARED
from coin_xai.report.words.details import DETAILS
from coin_xai.report.words.frame import FRAME
from coin_xai.report.words.match import MATCH
from coin_xai.report.words.notes import NOTES
from coin_xai.report.words.recognition import RECOGNITION
from coin_xai.report.words.run import RUN

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

WORDS = {**FRAME, **RUN, **DETAILS, **NOTES, **RECOGNITION, **MATCH, **CLAIMS}
"""Of the page of a run."""

ALL_WORDS = {**WORDS, **COMPARISON}


def text(key: str, language: Language, **values: Any) -> str:
    """Return a word or sentence with its values in place.

    Raises:
        KeyError: the table has no such word.
    """
    found = ALL_WORDS[key][LANGUAGES.index(language)]
    return found.format(**values) if values else found


def words(language: Language) -> dict[str, str]:
    """Return all words of the page of a run in one language."""
    return {key: text(key, language) for key in WORDS}


def comparison_words(language: Language) -> dict[str, str]:
    """Return all words of the page that compares runs in one language."""
    return {key: text(key, language) for key in (*COMPARISON, *SHARED)}
