"""The cards of what may be said, in a real browser."""

import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def section(visit):
    """The section of the overview."""
    return visit().locator("#claims")


@pytest.fixture
def verdicts(explanation):
    """The table of verdicts, of the claims that were asked."""
    verdicts = pd.read_csv(explanation / "page" / "claims" / "verdicts.csv")
    return verdicts[verdicts["verdict"] != "not asked"]


def test_each_claim_has_a_card_with_its_verdict_in_words(section, verdicts):
    assert section.locator(".claim h3").all_inner_texts() == [
        f"{row.number}. {row.claim}" for row in verdicts.itertuples()
    ]
    told = [one.split(" ", 1)[1] for one in section.locator(".judged").all_inner_texts()]
    assert told == verdicts["verdict"].tolist()


PLACES = """cards => cards.map((card) => {
    const at = (name) => {
        const box = card.querySelector(`:scope > .dots .first ${name}`)?.getBoundingClientRect();
        return box ? [box.left, (box.left + box.right) / 2, box.right] : null;
    };
    return ["circle", ".interval", ".zero", ".margin"].map(at);
})"""


def test_a_dot_lies_within_its_interval_and_right_of_zero_if_it_is_positive(section, verdicts):
    drawn = section.locator(".claim").evaluate_all(PLACES)
    known = 0
    for (dot, line, zero, margin), row in zip(drawn, verdicts.itertuples(), strict=True):
        assert (dot is None) == pd.isna(row.value)
        if dot is not None:
            known += 1
            assert (dot[1] > zero[1]) == (row.value > 0)
            assert (dot[1] > margin[1]) == (row.value > row.margin)
            assert line[0] <= dot[1] <= line[2]
    assert known >= 4


def test_a_deciding_coin_is_seen_and_leads_to_its_page(page, section):
    picture = section.locator(".deciding img").first
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    name = picture.evaluate("image => image.parentElement.title")
    picture.click()
    page.wait_for_selector("article")
    assert page.locator("article h2").inner_text() == name


def test_coins_are_shown_with_the_part_hidden(section):
    folded = section.locator(".claim details", has=section.page.locator("img")).first
    folded.locator("summary").click()
    pair = folded.locator("a").first.locator("img")
    assert [one.evaluate("image => image.decode().then(() => image.naturalWidth)") for one in pair.all()] == [
        128,
        128,
    ]
    assert pair.nth(1).get_attribute("alt").endswith("with the part hidden")


def test_a_closer_look_and_what_was_not_asked_are_folded_away(section):
    assert not section.locator("dl").first.is_visible()
    folded = section.locator("> details").first
    folded.locator("summary").click()
    assert "give one with --label" in folded.inner_text()


def test_the_paragraph_on_methods_is_copied(page, section):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    section.locator("#methods summary").click()
    section.locator("#methods button").click()
    page.wait_for_function("document.querySelector('#methods button').textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == section.locator("#methods p").evaluate("one => one.textContent")
    assert "statsmodels" in copied


def test_every_number_can_be_taken_away(section, explanation):
    addresses = [one.get_attribute("href") for one in section.locator(".files a").all()]
    assert len(addresses) == 6
    assert all((explanation / address).is_file() for address in addresses)
