import re

import pytest

from coin_xai.report.words import LANGUAGES, words

pytestmark = pytest.mark.slow

ENGLISH, GERMAN = (words(language) for language in LANGUAGES)
NAMES = re.compile(r"deep feature factorisation|guided backpropagation|layer|finer-cam|photograph", re.I)

# What a sentence of English can hardly do without, and one of German never has.
COMMON = re.compile(
    r"\b(the|of|and|is|are|with|not|no|this|that|for|from|by|each|all|its|than|cluster is|coins?)\b", re.I
)


def spoken(page):
    """Return the visible texts of a page, and those that are read aloud or shown on pointing."""
    return page.evaluate(
        """() => {
            const own = new Set(PAGE.columns.flatMap((column) => [column.name, ...(column.texts ?? [])]));
            own.add(PAGE.run);
            const texts = [];
            for (const element of document.querySelectorAll("body *")) {
                if (element.closest("script, body [lang=en]")) continue;
                for (const name of ["alt", "title", "aria-label", "placeholder"]) {
                    if (element.hasAttribute(name)) texts.push(element.getAttribute(name));
                }
                for (const node of element.childNodes) {
                    if (node.nodeType === 3) texts.push(node.textContent.trim());
                }
            }
            return [...new Set(texts)].filter((text) => text && !own.has(text));
        }"""
    )


def test_no_english_is_left_on_the_german_page(visit):
    commands = ("coin-xai annotate", "metal:silver")
    english_alone = {text for text in ENGLISH.values() if len(text) > 3} - set(GERMAN.values())
    for route in ("", "cluster/0", "coin/MC_0018_R", "coins", "notes", "cluster/99"):
        texts = spoken(visit(route, "page/app/report.de.html"))
        assert len(texts) > 20, route
        left = [text for text in texts if COMMON.search(text) and not any(one in text for one in commands)]
        assert left == [], route
        assert [text for text in texts if text in english_alone] == [], route


def test_the_english_page_is_full_of_it(visit):
    assert len([text for text in spoken(visit("cluster/0")) if COMMON.search(text)]) > 10
