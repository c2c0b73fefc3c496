import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from coin_xai.clustering.falls import Falls
from coin_xai.comparison.settings import mean_and_spread
from coin_xai.report.comparison.page import SCRIPTS, parts, render
from tests.coin_xai.report.comparison.conftest import HOSTILE


class Page(HTMLParser):
    """The rows of the tables of a page, by the table's id, and all its text."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.words, self._rows, self._inside = {}, [], None, False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attributes).get("id"), [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag):
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data):
        self.words.append(data)
        if self._inside:
            self._rows[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def page(report):
    return lambda language="en", **other: Page(render(report(**other))[language])


def test_runs_stand_with_settings_and_figures_and_what_learnt_nothing(page):
    head, first, second, third = page().tables["runs"]
    assert head == [
        *("run", "k", "seed", "coins", "clusters", "recognised", "stability", "AMI with type"),
        *("claims", "warnings"),
    ]
    assert first == ["a", "2", "1", "6", "2", "50 % (40 % to 60 %) · 25 %", "0.50", "0.10", "", "0"]
    assert second[-3:] == ["0.00", "", "1"]
    assert third[5] == "unknown"
    assert third[-2] == "3 refuted, 4 no relevant effect"


def test_what_is_not_known_of_any_run_has_no_column(report):
    made = report(label=None)
    known = made.runs.drop(columns=["recognition", "claims", "ami_to_label", "stability"])
    found = Page(render(replace(made, runs=known))["en"])
    assert found.tables["runs"][0] == ["run", "k", "seed", "coins", "clusters", "warnings"]


def test_seeds_of_a_setting_stand_together_and_a_run_alone_does_not(page):
    head, *rows = page().tables["seeds"]
    assert head[2:] == ["recognised", "stability", "AMI with type"]
    assert rows == [["k 2", "a, b", "62 % ± 18 %", "0.75 ± 0.35", "0.05 ± 0.07"]]


def test_a_figure_that_some_seeds_lack_says_how_many_have_it_and_a_repeated_seed_is_none(report):
    made = report()
    runs = made.runs.assign(recognition=[0.5, np.nan, np.nan])
    figures = runs[["recognition", "stability", "ami_to_label"]]

    def rows(seeds):
        table = mean_and_spread(figures, [0, 0, 1], seeds).rename(columns={"group": "setting"})
        return Page(render(replace(made, runs=runs, seeds=table))["en"]).tables.get("seeds")

    assert rows([1, 2, 1])[1][2:] == ["50 % (1 of 2 seeds)", "0.75 ± 0.35", "0.05 ± 0.07"]
    assert rows([1, 1, 1]) is None


def test_the_matrix_has_every_pair_in_the_order_of_likeness(page, report):
    made = report()
    head, *rows = page().tables["agreement"]
    names = [made.shown[one].name for one in made.comparison.order]
    assert head[1:] == [row[0] for row in rows] == names
    for one, row in zip(made.comparison.order, rows, strict=True):
        for other, cell in zip(made.comparison.order, row[1:], strict=True):
            ami = made.comparison.ami[one, other]
            assert cell == ("·" if one == other else f"{ami:.2f}")


def test_cores_stand_beside_what_chance_makes(page, report):
    cores = report().comparison.cores
    rows = page().tables["control"]
    assert rows[1] == [
        "share of coins in cores",
        f"{100 * cores.share:.0f} %",
        f"{100 * cores.share_by_chance:.0f} %",
    ]
    assert rows[2][1:] == ["2", str(cores.largest_by_chance)]
    assert "the rarest of 99 such shuffles" in page().text


def test_what_is_left_out_and_warned_of_is_said(page):
    text = page().text
    assert "b has 2 more coins" in text
    assert "c has 4 more coins" in text
    assert "a has" not in text
    assert "b 3 of 9 clusters are empty." in text
    assert "b 3 von 9 Clustern sind leer." in page("de").text


def test_german_verdicts(page):
    assert page("de").tables["runs"][3][-2] == "3 widerlegt, 4 keine bedeutsame Wirkung"


def test_every_text_from_outside_is_escaped(report):
    made = report(names=(HOSTILE, "b", "c"), coin_ids=[HOSTILE, *"vwxyz"], label=HOSTILE)
    pages, files = render(made), dict(parts(made))
    for content in (*pages.values(), *(files[name].decode() for name in files if "data" in name)):
        assert "<script>alert" not in content


def test_the_page_has_every_file_that_it_names_and_no_other(report):
    pages, files = render(report()), dict(parts(report()))
    named = {name for page in pages.values() for name in re.findall(r'(?:src|href)="app/([^"]+)"', page)}
    assert named == {name for name in files if not name.startswith("maps.")}
    assert {name for name in files if name.startswith("maps.")} == {"maps.0.js"}
    assert "app/maps.${number}.js" in files["study.js"].decode()


def test_the_same_report_gives_the_same_bytes(report):
    assert render(report()) == render(report())
    assert dict(parts(report())) == dict(parts(report()))


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_of_a_text_or_asks_the_net(name, report):
    script = dict(parts(report()))[name].decode()
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert dangerous not in script
    for way in ("fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "import("):
        assert way not in script


def test_it_says_which_k_stands_out_or_that_none_does_or_that_nobody_knows(page):
    table = pd.DataFrame({"k": [2, 3, 4], "eigenvalue": 0.9, "fall": 0.1, "times": [0.5, 7.25, 1.0]})
    assert "k = 3 stands out: behind it" in page(falls=Falls(table, 3, 0)).text
    assert "fall 7.2 times as deep" in page(falls=Falls(table, 3, 0)).text
    assert "k = 3 sticht heraus: Dahinter" in page("de", falls=Falls(table, 3, 0)).text
    assert "No k stands out: from 2 to 4 clusters" in page(falls=Falls(table, None, 0)).text
    assert "Kein k sticht heraus: Von 2 bis 4 Clustern" in page("de", falls=Falls(table, None, 0)).text
    assert "no graph of matching coins" in page().text
    assert "keinen Graphen passender" in page("de").text


def test_falls_are_explained_only_where_they_are_drawn_and_coins_left_out_are_counted(report):
    table = pd.DataFrame({"k": [2, 3, 4], "eigenvalue": 0.9, "fall": 0.1, "times": [0.5, 7.25, 1.0]})
    with_falls, without = render(report(falls=Falls(table, 3, 12))), render(report())
    for language, said in {
        "en": ("On the right is", "and falls of the eigenvalues", "were left out of that: 12."),
        "de": ("Rechts steht", "Fälle der Eigenwerte über", "blieben dabei außer Acht: 12."),
    }.items():
        assert [one for one in said if one not in with_falls[language]] == []
        assert [one for one in said if one in without[language]] == []
    assert "left out of that" not in render(report(falls=Falls(table, None, 0)))["en"]


def test_the_chart_speaks_the_language_of_its_page(report):
    files = dict(parts(report()))
    for language, word in (("en", "number of clusters k"), ("de", "Zahl der Cluster k")):
        assert word in files[f"k.{language}.svg"].decode()
        assert f'src="app/k.{language}.svg"' in render(report())[language]
