"""From a number, its margin and its controls to a verdict in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from coin_xai.claims.resampling import Estimate

Verdict = Literal["supported", "no relevant effect", "refuted", "cannot be decided"]

CLAIMS: Mapping[int, str] = {
    1: "The cross is a global feature.",
    2: "The horizontal bar of the cross is dominant.",
    3: "The quality of the photograph matters.",
    4: "Worn coins are badly recognised.",
    5: "Coins with many features group together.",
    6: "A symbol in canton 3 is salient, but less so than the horizontal bar.",
    7: "Similar features do not always share a cluster.",
}
"""By their numbers; the sixth names its symbol where it is known."""

LEAST_COINS = 30
IN_WORDS = {"shuffled": "a network taught shuffled clusters"}
"""What reasons call a control; others have names that can stand in a sentence."""
INFORMED = "untrained"
"""The control whose head knows the clusters: it tells whether an effect was learnt, and refutes nothing."""


@dataclass(frozen=True)
class Series:
    """The same thing of several groups of coins, each with an interval of its own.

    Attributes:
        of: what it is, in words.
        rows: by the name of the group, in order.
    """

    of: str
    rows: Mapping[str, Estimate]


@dataclass(frozen=True)
class Finding:
    """What was found about one claim.

    Attributes:
        number: of the claim, 1 to 7.
        claim: the sentence.
        measure: what was measured, in words.
        effect: the number, positive where it speaks for the claim.
        margin: what the effect must exceed to be relevant; fixed before anything was looked at.
        beyond: by how much the effect exceeds that of each control.
        controls: the same number of each control; the ends are NaN where it has no interval.
        verdict: in words.
        reason: why, and what would decide it.
        also: further numbers that belong to it, by what they are.
        deciding: ids of the coins that speak most clearly.
        hides: the part whose hiding was measured, None where nothing was hidden.
        series: what a look at groups of coins adds, of the first run; None where there are none.
    """

    number: int
    claim: str
    measure: str
    effect: Estimate
    margin: float
    beyond: Mapping[str, Estimate]
    verdict: Verdict
    reason: str
    also: Mapping[str, float] = field(default_factory=dict)
    deciding: Sequence[str] = ()
    controls: Mapping[str, Estimate] = field(default_factory=dict)
    hides: str | None = None
    series: Series | None = None


@dataclass(frozen=True)
class Answers:
    """What may be said.

    Attributes:
        findings: of the claims that could be asked, by number.
        lacking: of the others, what they lack, by number.
        surely: the numbers of the claims whose effect exceeds its margin after correction for all that were
            asked.
    """

    findings: tuple[Finding, ...]
    lacking: dict[int, str] = field(default_factory=dict)
    surely: frozenset[int] = frozenset()


def judge(
    effect: Estimate, margin: float, beyond: Mapping[str, Estimate], conditions: Mapping[str, bool]
) -> tuple[Verdict, str]:
    """Return the verdict on an effect and its reason.

    An effect is supported that surely exceeds its margin and what each control shows but INFORMED, where
    every condition holds. It is refuted where the opposite surely exceeds the margin.

    INFORMED is a network that has learnt nothing, with a head fitted to the clusters. It recognises most
    coins as well, so what it shows is said, and decides nothing.

    Args:
        effect: positive where it speaks for the claim.
        margin: what it must exceed.
        beyond: effect less that of each control, by the control's name.
        conditions: further things that must hold, by what they say when they do not.
    """
    if effect.coins < LEAST_COINS:
        return (
            "cannot be decided",
            f"it could be measured of {effect.coins} coins, and {LEAST_COINS} are needed",
        )
    if effect.high < -margin:
        return "refuted", "the opposite surely exceeds the margin"
    if effect.high < margin:
        return "no relevant effect", "the whole interval lies below the margin"
    as_much = [name for name, rest in beyond.items() if name != INFORMED and not rest.low > 0]
    if as_much:
        names = " and ".join(IN_WORDS.get(name, name) for name in as_much)
        if all(beyond[name].high < margin for name in as_much):
            return "no relevant effect", f"{names} shows as much"
        return "cannot be decided", f"{names} may show as much: more coins or more runs would decide it"
    if not effect.low > margin:
        return "cannot be decided", "the interval holds the margin: more coins or more runs would decide it"
    failing = [text for text, holds in conditions.items() if not holds]
    if failing:
        return "cannot be decided", "; ".join(failing)
    controls = [name for name in beyond if name != INFORMED]
    reason = " and ".join(
        ["it surely exceeds the margin", *(f"what {IN_WORDS.get(name, name)} shows" for name in controls)]
    )
    if INFORMED in beyond and not beyond[INFORMED].low > 0:
        reason += (
            "; a network that has learnt nothing shows as much, so it rests on the clusters, not on learning"
        )
    return "supported", reason
