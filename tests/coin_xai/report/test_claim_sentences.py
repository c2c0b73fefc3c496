"""Whatever is said of claims can be said in German: evidence of all kinds is asked, every text looked up."""

import importlib.util
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from coin_xai.claims.claims import ask
from coin_xai.claims.cross import cross_is_global, horizontal_bar_dominates
from coin_xai.claims.photograph import photograph_matters
from coin_xai.claims.richness import rich_coins_group
from coin_xai.claims.symbol import symbol_is_salient
from coin_xai.claims.twins import twins_are_split
from coin_xai.claims.verdict import CLAIMS, Verdict
from coin_xai.claims.wear import worn_coins_suffer
from coin_xai.report.claims import control_word
from coin_xai.report.sentences import BETWEEN_REASONS, translated
from coin_xai.report.words import WORDS

_spec = importlib.util.spec_from_file_location(
    "made_up", Path(__file__).parents[1] / "claims" / "conftest.py"
)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
made_up, COINS = _module.made_up, _module.COINS

NUMBERS = np.arange(COINS)
TYPES = [f"T{number % 4}" for number in NUMBERS]
GRADED = {"collection": ["A", "B"] * (COINS // 2), "condition": NUMBERS % 3}
AXES = NUMBERS % 3 > 0
CANTONS = {"canton_1": "pellet", "canton_2": "", "canton_3": np.where(AXES, "axe", ""), "canton_4": ""}
BARS = {"cross": 0.5, "horizontal bar": 0.5}
AXE = {"canton 3": 0.5 * AXES}

BARS_ASKED = (cross_is_global, horizontal_bar_dominates)

ASKED = {
    "nothing": ((*BARS_ASKED, worn_coins_suffer, twins_are_split), {}),
    "effects": ((*BARS_ASKED, photograph_matters, worn_coins_suffer), {"cost": BARS, "coins": GRADED}),
    "opposites": (BARS_ASKED, {"cost": {"diagonal": 0.5, "vertical bar": 0.5}}),
    "controls": (BARS_ASKED, {"cost": BARS, "controls": {"shuffled": BARS, "untrained": BARS}}),
    "nothing learnt": (BARS_ASKED, {"cost": BARS, "controls": {"untrained": BARS}}),
    "near the margin": (BARS_ASKED, {"cost": {"cross": 0.2, "horizontal bar": 0.2}}),
    "heat": (BARS_ASKED, {"cost": BARS, "heat": {"diagonal": 0.5, "vertical bar": 0.5}}),
    "small clusters": (BARS_ASKED, {"cost": BARS, "cluster": NUMBERS // 2}),
    "none recognised": ((worn_coins_suffer,), {"recognised": np.full(COINS, np.nan)}),
    "words for wear": ((worn_coins_suffer,), {"coins": {"condition": "fine"}}),
    "rich types": (
        (rich_coins_group, twins_are_split),
        {"label": "type", "coins": {"type": TYPES, "richness": (NUMBERS % 4).astype(float)}},
    ),
    "no types": ((twins_are_split,), {"label": "type", "coins": {"type": NUMBERS.astype(str)}}),
    "split types": (
        (twins_are_split,),
        {"label": "type", "coins": {"type": TYPES}, "cluster": NUMBERS // 30},
    ),
    "cantons": ((symbol_is_salient, rich_coins_group), {"coins": CANTONS}),
    "a salient symbol": ((symbol_is_salient,), {"coins": CANTONS, "cost": AXE}),
    "more than the bar": (
        (symbol_is_salient,),
        {"coins": CANTONS, "cost": {"canton 3": 2 * AXE["canton 3"], "horizontal bar": -0.5}},
    ),
    "no symbol": ((symbol_is_salient,), {"coins": {**CANTONS, "canton_3": ""}}),
    "no cantons": ((symbol_is_salient,), {}),
    "parts of a table": (
        (*BARS_ASKED, worn_coins_suffer, rich_coins_group),
        {"model": "table", "coins": {"parts": "cross", "richness": np.nan, "completeness": np.nan}},
    ),
}


def said(found):
    """Yield every text of a finding, or of what it lacks."""
    if isinstance(found, str):
        yield from found.split(BETWEEN_REASONS)
        return
    yield from (
        found.claim,
        found.measure,
        *found.reason.split(BETWEEN_REASONS),
        *found.also,
        found.series.of,
    )
    if found.number != 7:  # its groups are the user's types
        yield from found.series.rows


@pytest.fixture(scope="module")
def answers():
    """What is found in each kind of evidence."""
    return {name: [claim(made_up(**known)) for claim in claims] for name, (claims, known) in ASKED.items()}


@pytest.mark.parametrize("kind", ASKED)
def test_every_text_of_answers_is_known_in_german(answers, kind):
    texts = {text for found in answers[kind] for text in said(found)}
    assert {text for text in texts if translated(text, "de") in (None, text)} == set()


def test_what_was_asked_leads_to_every_verdict_and_control(answers):
    findings = [found for one in answers.values() for found in one if not isinstance(found, str)]
    assert {found.verdict for found in findings} == {*get_args(Verdict)}
    controls = {name for found in findings for name in found.controls}
    assert {control_word(name) for name in controls} == {
        word for word in WORDS if word.startswith("control_")
    }


@pytest.mark.parametrize(
    "sentence", [*CLAIMS.values(), "it is about coins with a cross", "ask with --parts cross"]
)
def test_claims_that_are_not_asked_have_sentences_as_well(sentence):
    assert translated(sentence, "de") not in (None, sentence)


@pytest.mark.parametrize(
    ("text", "german"),
    [
        ("canton 1, coins with it", "Winkel 1, Münzen mit Zeichen"),
        ("canton 3 with it", "Winkel 3 mit Zeichen"),
        ("The <b>axe</b> in canton 3 is salient, but less so than the horizontal bar.", "„<b>axe</b>“"),
    ],
)
def test_what_differs_from_case_to_case_stays(text, german):
    assert german in translated(text, "de")


def test_the_part_that_a_table_lacks_is_named_as_the_table_would():
    found = ask(made_up(model="table", coins={"parts": "cross|horizontal bar", "richness": np.nan})).lacking
    assert translated(found[2], "de") == "keine Münze hat in der Tabelle einen Teil `vertical bar`"
    for reason in found.values():
        assert {translated(clause, "de") for clause in reason.split(BETWEEN_REASONS)} & {None} == set()
