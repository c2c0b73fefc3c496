from html.parser import HTMLParser

import pandas as pd
import pytest

from coin_xai.report.overview import LISTED_AT_MOST, MEDOIDS, overview


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def addresses(self):
        return [value for _, one in self.elements for name, value in one.items() if name in ("src", "href")]


@pytest.fixture
def page(drawn):
    """Make the page of a small report, with some of its contents changed."""
    return lambda language="en", root="", **other: Page(
        overview(drawn.report(**other), language, root=root, weight=26_400_000)
    )


def test_large_clusters_come_first_each_with_its_most_typical_coins(page):
    found = page()
    ids = [one["id"] for one in found.named("div") if one.get("id", "").startswith("cluster-")]
    assert ids == ["cluster-4", "cluster-7"]
    photographs = [one["alt"] for one in found.named("img") if one["alt"].startswith("Photograph")]
    assert photographs[:3] == [f"Photograph of MC_000{number}_R" for number in (2, 3, 1)]
    assert "3 coins · 1 without positive evidence" in found.text


def test_recognition_comes_first_with_what_knows_less_beside_it(page, drawn):
    recognition = drawn.recognition()
    found = page(recognition=recognition, clusters=drawn.judged(recognition))
    text = found.text
    assert text.index("Are coins recognised that were held out?") < text.index("What was run")
    assert "this network (upper bound) 80 % (38 % to 96 %) the same network, untrained 60 %" in text
    assert "shuffled clusters 40 %" in text
    assert "the largest cluster alone 60 % most of the ten neighbours" in text
    assert "an upper bound. The lines are" in text
    assert "The maps of 0 of 2 clusters count as evidence" in text
    assert "3 coins · at most 67 % recognised" in text
    titles = [one["title"] for one in found.named("em")]
    assert len(titles) == 2
    assert titles[0].startswith("The maps of this cluster are no evidence: 2 of 3 is not surely more than")
    assert "(60 %)" in titles[0]
    german = page("de", recognition=recognition, clusters=drawn.judged(recognition))
    assert "dieses Netz (obere Schranke) 80 % (38 % bis 96 %)" in german.text
    assert "2 von 3 ist nicht sicher mehr" in german.named("em")[0]["title"]


def test_a_training_that_was_repeated_is_no_upper_bound(page, drawn):
    recognition = drawn.recognition(repeated="training")
    text = page(recognition=recognition, clusters=drawn.judged(recognition)).text
    assert "this network 80 %" in text
    assert "a network that was trained on the other folds" in text
    assert "upper bound" not in text
    assert "at most" not in text


def test_a_page_without_recognition_says_so(page):
    assert "is not known, since not all clusters are explained" in page().text


def test_clusters_tell_how_sure_they_are_where_that_is_known(page, drawn):
    sure = drawn.clusters().assign(stability=[0.5, 0.912])
    text = page(clusters=sure).text
    assert "3 coins · stability 0.91 · 1 without positive evidence" in text
    assert "Stability is the share of repetitions" in text
    assert "Beständigkeit 0.50" in page("de", clusters=sure).text
    assert "tability" not in page().text


def test_nobody_calls_given_clusters_found(page):
    values = {"k": 2, "way": "@by_given", "seed": 1, "profile": "small"}
    assert "5 coins in 2 clusters that were given." in page(facts=[("fact_clustering", values)]).text
    assert "found without labels" in page().text


def test_a_large_cluster_shows_a_few_of_its_coins(page, drawn):
    names = [f"c{number}" for number in range(MEDOIDS + 3)]
    many = drawn.coins(names[:5]).assign(cluster=4)
    sources = [one["src"] for one in page(coins=many).named("img") if "/pictures/" in one["src"]]
    assert len(sources) == MEDOIDS
    assert sources[0] == "page/pictures/4/c1.jpg"


def test_facts_are_sentences_in_the_language_of_the_page(page):
    facts = [("fact_network", {"network": "alexnet", "front": "@front_sobel_zeros", "epochs": 3})]
    assert "network alexnet, Sobel front end (zero padding); epochs learnt: 3" in page(facts=facts).text
    assert (
        "Netz alexnet, Sobel-Filter davor (Rand: Nullen); gelernte Epochen: 3" in page("de", facts=facts).text
    )


def test_warnings_failures_and_broken_photographs_are_shown(page):
    broken = pd.DataFrame({"path": ["x.jpg"], "error": ["x.jpg is empty"]})
    text = page(broken=broken, failed=[("cluster 3", "OSError: disk")], warnings=["Mostly noise."]).text
    assert "Mostly noise." in text
    assert "cluster 3 failed. OSError: disk" in text
    assert "Photographs that could not be used x.jpg x.jpg is empty" in text


def test_the_audit_tells_what_clusters_explain_beside_chance(page):
    assert "sharpness 31 % explained, 2 % by chance" in page().text


def test_doubtful_photographs_are_listed_and_linked_up_to_a_limit(page):
    count = LISTED_AT_MOST + 2
    rows = {
        "coin_id": [f"a/{number}" for number in range(count)],
        "reason": "blurred",
        "measure": "sharpness",
    }
    cleaning = pd.DataFrame({**rows, "value": 0.25, "other_coin_id": [None] * (count - 1) + ["b"]})
    found = page(cleaning=cleaning)
    assert "61 of unusual quality, 1 pairs" in found.text
    assert "#/coin/a%2F0" in found.addresses
    assert f"#/coin/a%2F{LISTED_AT_MOST}" not in found.addresses
    assert "2 more" in found.text


def test_every_text_from_outside_is_escaped(page, drawn):
    hostile = drawn.HOSTILE
    table = drawn.coins([f"{hostile}{number}" for number in range(5)])
    found = page(
        coins=table,
        title=hostile,
        facts=[("fact_versions", {"versions": hostile})],
        warnings=[hostile],
        failed=[(hostile, hostile)],
        broken=pd.DataFrame({"path": [hostile], "error": [hostile]}),
        cleaning=pd.DataFrame(
            {
                "coin_id": [hostile],
                "reason": [hostile],
                "measure": ["sharpness"],
                "value": 1,
                "other_coin_id": None,
            }
        ),
    )
    assert all(one["src"].startswith("page/app/") for one in found.named("script"))
    assert found.text.count("alert('coin')") >= 10
    assert f"Photograph of {hostile}1" in [one["alt"] for one in found.named("img")]


def test_the_page_needs_nothing_from_elsewhere_and_says_so_to_the_browser(page):
    found = page()
    assert len(found.addresses) > 20
    assert not [address for address in found.addresses if ":" in address or address.startswith("/")]
    (policy,) = [one["content"] for one in found.named("meta") if "http-equiv" in one]
    assert policy.startswith("default-src 'none'; script-src 'self' file:")
    assert "unsafe" not in policy


def test_the_page_tells_how_to_mail_it_and_what_it_weighs(page):
    assert "send report.html together with the folder page (26 MB)" in page().text


def test_pages_lower_down_reach_the_same_files(page):
    high, low = page(), page("de", root="../../")
    files = {address for address in high.addresses if address.startswith("page/pictures/")}
    assert {f"../../{address}" for address in files} <= set(low.addresses)
    assert "../../report.html" in low.addresses
    assert "page/app/report.de.html" in high.addresses


def test_claims_are_shown_where_they_were_asked_and_nothing_in_them_is_markup(page, drawn):
    hostile = drawn.finding(
        claim=f"The {drawn.HOSTILE} in canton 3 is salient, but less so than the horizontal bar.",
        reason=drawn.HOSTILE,
        series=drawn.Series(drawn.HOSTILE, {drawn.HOSTILE: drawn.Estimate(0.5, 0.4, 0.6, 12)}),
        also={drawn.HOSTILE: 1.0},
    )
    asked = page(claims=drawn.claims(hostile, runs=("a run", drawn.HOSTILE)))
    without = page()
    assert len(asked.named("script")) == len(without.named("script"))
    assert "Claims were tested." in asked.text
    assert "What may be said" in asked.text
    assert "What may be said" not in without.text
    shown = [one for one in asked.named("a") if one.get("title") == "MC_0002_R"]
    assert [one["href"] for one in shown] == ["#/coin/MC_0002_R"]


def test_a_page_without_photographs_names_the_coins_that_decide(page, drawn):
    claims = drawn.claims(drawn.finding())
    assert [one for one in page(claims=claims).named("img") if "MC_0002_R" in one.get("alt", "")]
    shown = page(claims=claims, atlas=None)
    assert [one for one in shown.named("img") if "svg" not in one["src"]] == []
    assert "MC_0001_R" in shown.text


@pytest.mark.parametrize(
    ("language", "cross", "marked", "without"),
    [
        (
            "en",
            "divided into the bars and cantons of their cross.",
            "A person has marked the parts of the coins in a table (abc).",
            "Of 2 of 5 coins no part is known.",
        ),
        (
            "de",
            "in die Balken und Winkel ihres Kreuzes geteilt.",
            "Die Teile der Münzen hat jemand in einer Tabelle markiert (abc).",
            "Von 2 der 5 Münzen ist kein Teil bekannt.",
        ),
    ],
)
def test_a_page_says_what_coins_were_divided_into(page, drawn, language, cross, marked, without):
    by_table = {"parts": "table", "parts_table": "abc"}
    lacking = {2: "no coin has a part `vertical bar` in the table"}
    some = page(language, claims=drawn.claims(lacking=lacking, **by_table, without_parts=2)).text
    assert f"{marked} {without}" in some
    assert "`vertical bar`" in some
    every = page(language, claims=drawn.claims(drawn.finding(), **by_table)).text
    assert marked in every
    assert without[-20:] not in every
    assert cross in page(language, claims=drawn.claims(drawn.finding())).text
