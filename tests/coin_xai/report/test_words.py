import re
from importlib import resources
from string import Formatter

import pytest

from coin_xai.report.scripts import SCRIPTS
from coin_xai.report.words import LANGUAGES, WORDS, text, words


def read(name):
    return resources.files("coin_xai.report").joinpath("browser", name).read_text()


SOURCES = {name: read(name) for name in (*SCRIPTS, "page.html.j2", "claims.html.j2")}


def placeholders(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", WORDS)
def test_every_word_says_something_in_every_language_and_takes_the_same_values(key):
    spoken = [words(language)[key] for language in LANGUAGES]
    assert all(sentence.strip() for sentence in spoken)
    assert len({frozenset(placeholders(sentence)) for sentence in spoken}) == 1


@pytest.mark.parametrize("name", SOURCES)
def test_every_word_that_the_page_uses_is_in_the_table(name):
    used = set(re.findall(r"""\bword\(["'](\w+[^_\W])["']""", SOURCES[name]))
    assert used <= set(WORDS)


def test_no_word_of_the_table_is_left_over():
    report = resources.files("coin_xai.report")
    modules = [
        report.joinpath(name).read_text() for name in ("charts.py", "overview.py", "iiif.py", "claims.py")
    ]
    everything = "".join([*SOURCES.values(), *modules])
    families = (
        "fact_",
        "start_",
        "target_",
        "front_",
        "by_",
        "description_",
        "orientation_",
        "table_",
        "column_",
        "colours_",
        "plane_",
        "nearest_",
        "verdict_",
        "control_",
    )
    endings = ("mirrored", "_hint", "_short")
    unused = [key for key in WORDS if not re.search(rf"""["'`]{key}["'`]""", everything)]
    assert [key for key in unused if not key.startswith(families) and not key.endswith(endings)] == []


def test_values_take_their_places():
    assert text("found", "de", count=3, all=7) == "3 von 7"
    assert text("nothing", "en") == "(nothing)"


def test_an_unknown_word_is_an_error():
    with pytest.raises(KeyError):
        text("no such word", "en")
