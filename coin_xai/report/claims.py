"""Verdict cards as plain values: what a template needs to draw them."""

import math
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import CLAIMS, Finding
from coin_xai.report.model import Report
from coin_xai.report.sentences import reason_in, translated
from coin_xai.report.words import Language, text

SIGNS = {"supported": "✓", "refuted": "✕", "no relevant effect": "≈", "cannot be decided": "?"}
"""A verdict is told by word, sign and colour."""
OF = {3: "of_these_clusters", 4: "of_these_coins", 5: "of_these_clusters", 7: "of_these_clusters"}
"""Whose number the effect of a claim is, where it is not that of the network."""
EFFECT_BY_GROUP = (1, 2, 3, 7)
"""Claims whose groups have the very effect of the claim, so that the margin means the same there."""
ROOM = 0.04
"""On both sides of an axis, in shares of what it shows."""


class Row(NamedTuple):
    """A row of a plot.

    Attributes:
        name: of what was measured, in words.
        value: the number and its interval, in words.
        at: place of the dot, in per cent of the axis; None where nothing is known.
        low, high: of the ends of the line; None where there is none.
    """

    name: str
    value: str
    at: float | None
    low: float | None
    high: float | None


class Plot(NamedTuple):
    """Dots with intervals on one axis.

    Attributes:
        rows: from above.
        zero: its place, in per cent of the axis.
        margin, opposite: places of the margin and of its opposite; None where there is no margin.
    """

    rows: list[Row]
    zero: float
    margin: float | None
    opposite: float | None


class Card(NamedTuple):
    """What is shown of a claim, in the language of the page.

    Attributes:
        number, claim: of the claim.
        verdict, sign, kind: in a word, as a sign, and as the page's styles call it.
        measure, reason, margin: what was measured, why the verdict is so, and what had to be exceeded.
        plot: the effect beside its controls.
        corrected: whether the effect exceeds its margin after correction; None where it is not supported.
        coins: that speak most clearly, as far as the page shows them.
        hidden: coin_id and addresses of the pictures before and after a part was hidden, on a page with
            photographs.
        groups_of, groups: a closer look at groups of coins; None where there are none.
        further: names and values of further numbers.
    """

    number: int
    claim: str
    verdict: str
    kind: str
    sign: str
    measure: str
    reason: str
    margin: str
    plot: Plot
    corrected: bool | None
    coins: list[str]
    hidden: list[tuple[str, str, str]]
    groups_of: str
    groups: Plot | None
    further: list[tuple[str, str]]


def cards(report: Report, language: Language) -> list[Card]:
    """Return a card for each claim that was asked, by number."""
    if report.claims is None:
        return []
    answers, shown = report.claims.answers, set(report.coins["coin_id"])
    return [
        _card(
            found,
            language,
            corrected=found.number in answers.surely,
            shown=shown,
            pictures=report.claims.hidden if report.atlas else {},
        )
        for found in answers.findings
    ]


def not_asked(report: Report, language: Language) -> list[tuple[int, str, str]]:
    """Return number and sentence of each claim that could not be asked, and why."""
    if report.claims is None:
        return []
    lacking = report.claims.answers.lacking
    return [
        (number, _spoken(CLAIMS[number], language), _sentence(reason_in(reason, language)))
        for number, reason in lacking.items()
    ]


def plot_of(estimates: Mapping[str, Estimate], language: Language, *, margin: float | None = None) -> Plot:
    """Return a plot of numbers by their names, which are in the language of the page.

    Args:
        estimates: from above.
        language: of the words beside the numbers.
        margin: what lies beyond it counts; None for numbers that are no effects.
    """
    edges = [0.0] if margin is None else [-margin, margin]
    numbers = [number for one in estimates.values() for number in (one.value, one.low, one.high)]
    known = [*edges, *(number for number in numbers if math.isfinite(number))]
    room = ROOM * ((max(known) - min(known)) or 1)
    start, length = min(known) - room, max(known) - min(known) + 2 * room

    def place(number: float) -> float | None:
        return round(100 * (number - start) / length, 2) if math.isfinite(number) else None

    rows = [
        Row(name, _value(one, language), place(one.value), place(one.low), place(one.high))
        for name, one in estimates.items()
    ]
    zero = place(0.0)
    assert zero is not None
    return Plot(
        rows, zero, None if margin is None else place(margin), None if margin is None else place(-margin)
    )


def control_word(name: str) -> str:
    """Return the key of the word for a control."""
    return f"control_{name.replace(' ', '_')}"


def _card(
    found: Finding,
    language: Language,
    *,
    corrected: bool,
    shown: set[str],
    pictures: Mapping[tuple[int, str], tuple[str, str]],
) -> Card:
    whose = text(OF.get(found.number, "of_this_network"), language)
    named = {text(control_word(name), language): one for name, one in found.controls.items()}
    series = found.series
    groups = None
    if series is not None:
        rows = {_spoken(name, language): one for name, one in series.rows.items()}
        margin = found.margin if found.number in EFFECT_BY_GROUP else None
        groups = plot_of(rows, language, margin=margin)
    return Card(
        number=found.number,
        claim=_spoken(found.claim, language),
        verdict=text(f"verdict_{found.verdict.replace(' ', '_')}", language),
        kind=found.verdict.split()[0],
        sign=SIGNS[found.verdict],
        measure=_spoken(found.measure, language),
        reason=_sentence(reason_in(found.reason, language)),
        margin=f"{found.margin:.2f}",
        plot=plot_of({whose: found.effect, **named}, language, margin=found.margin),
        corrected=corrected if found.verdict == "supported" else None,
        coins=[coin for coin in found.deciding if coin in shown],
        hidden=[
            (coin, _beside(before), _beside(after))
            for coin in found.deciding
            for before, after in filter(None, [pictures.get((found.number, coin))])
            if coin in shown
        ],
        groups_of="" if series is None else _sentence(_spoken(series.of, language)).rstrip("."),
        groups=groups,
        further=[
            (_spoken(name, language), f"{value:.3g}")
            for name, value in found.also.items()
            if math.isfinite(value)
        ],
    )


def _beside(name: str) -> str:
    return f"page/claims/{quote(name)}"


def _value(one: Estimate, language: Language) -> str:
    if not math.isfinite(one.value):
        return "–"
    value, low, high = (f"{round(number, 2) + 0.0:.2f}" for number in (one.value, one.low, one.high))
    if not math.isfinite(one.low):
        return value
    return text("interval_value", language, value=value, low=low, high=high)


def _spoken(sentence: str, language: Language) -> str:
    return translated(sentence, language) or sentence


def _sentence(clauses: str) -> str:
    return f"{clauses[:1].upper()}{clauses[1:]}."
