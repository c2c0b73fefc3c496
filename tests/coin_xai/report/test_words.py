import re
from importlib import resources
from string import Formatter

import pytest

from coin_xai.report.comparison import page as comparison_page
from coin_xai.report.scripts import SCRIPTS
from coin_xai.report.words import ALL_WORDS, LANGUAGES, WORDS, comparison_words, text
from coin_xai.report.words.comparison import COMPARISON, SHARED


def read(name, package="coin_xai.report"):
    return resources.files(package).joinpath("browser", name).read_text()


SOURCES = {name: read(name) for name in (*SCRIPTS, "page.html.j2", "claims.html.j2")}
OF_COMPARISONS = {
    name: read(name, "coin_xai.report.comparison")
    for name in (*comparison_page.SCRIPTS, "comparison.html.j2")
}


def placeholders(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", ALL_WORDS)
def test_every_word_says_something_in_every_language_and_takes_the_same_values(key):
    spoken = [text(key, language) for language in LANGUAGES]
    assert all(sentence.strip() for sentence in spoken)
    assert len({frozenset(placeholders(sentence)) for sentence in spoken}) == 1


@pytest.mark.parametrize("name", SOURCES)
def test_every_word_that_the_page_uses_is_in_the_table(name):
    used = set(re.findall(r"""\bword\(["'](\w+[^_\W])["']""", SOURCES[name]))
    assert used <= set(WORDS)


@pytest.mark.parametrize("name", OF_COMPARISONS)
def test_every_word_that_the_page_of_a_comparison_uses_is_there(name):
    used = set(re.findall(r"""\bword\(["'](\w+[^_\W])["']""", OF_COMPARISONS[name]))
    assert used <= set(comparison_words("en"))


def test_no_word_of_the_page_of_a_comparison_is_left_over_or_means_two_things():
    package = resources.files("coin_xai.report.comparison")
    modules = [package.joinpath(name).read_text() for name in ("page.py", "k_chart.py")]
    everything = "".join([*OF_COMPARISONS.values(), *modules])
    unused = [key for key in (*COMPARISON, *SHARED) if not re.search(rf"""["'`]{key}["'`]""", everything)]
    families = ("table_", "verdict_", "flows_")
    assert [key for key in unused if not key.startswith(families)] == []
    assert not set(WORDS) & set(COMPARISON)
    assert set(SHARED) <= set(WORDS)


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
        "parts_",
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
