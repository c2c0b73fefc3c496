"""All claims that the evidence allows, and what the others lack."""

from scipy.stats import norm

from coin_xai.claims.cross import cross_is_global, horizontal_bar_dominates
from coin_xai.claims.evidence import Evidence
from coin_xai.claims.parts import CANTONS, CROSS, HORIZONTAL, VERTICAL
from coin_xai.claims.photograph import photograph_matters
from coin_xai.claims.richness import rich_coins_group
from coin_xai.claims.symbol import symbol_is_salient
from coin_xai.claims.twins import twins_are_split
from coin_xai.claims.verdict import Answers, Finding
from coin_xai.claims.wear import worn_coins_suffer

LEVEL = 0.025
"""One-sided, as the ends of an interval of 95 % are."""

SMALLEST_ERROR = 1e-9


def ask(evidence: Evidence, *, symbol: str | None = None) -> Answers:
    """Ask all seven claims.

    Args:
        evidence: of one or several runs.
        symbol: that claim 6 is about; without it the most frequent one in canton 3.
    """
    asked: dict[int, Finding | str] = {3: photograph_matters(evidence), 4: worn_coins_suffer(evidence)}
    if evidence.model != "radial":
        asked |= {
            1: evidence.lacks(CROSS) or cross_is_global(evidence),
            2: evidence.lacks(HORIZONTAL, VERTICAL) or horizontal_bar_dominates(evidence),
            5: rich_coins_group(evidence),
            6: evidence.lacks(HORIZONTAL, *CANTONS) or symbol_is_salient(evidence, symbol),
        }
    else:
        asked |= dict.fromkeys((1, 2, 5, 6), "it is about coins with a cross; ask with --parts cross")
    asked[7] = twins_are_split(evidence)
    findings = tuple(found for _, found in sorted(asked.items()) if isinstance(found, Finding))
    lacking = {number: found for number, found in sorted(asked.items()) if isinstance(found, str)}
    return Answers(findings, lacking, _surely(findings))


def _surely(findings: tuple[Finding, ...]) -> frozenset[int]:
    """Return the claims whose effect exceeds its margin at LEVEL, corrected for their number (Holm 1979)."""
    # Imported late: a second, which nothing else needs.
    from statsmodels.stats.multitest import multipletests

    known = [found for found in findings if found.effect.high >= found.effect.low]
    if not known:
        return frozenset()
    chances = []
    for found in known:
        error = max((found.effect.high - found.effect.low) / (2 * 1.96), SMALLEST_ERROR)
        chances.append(float(norm.sf((found.effect.value - found.margin) / error)))
    rejected = multipletests(chances, alpha=LEVEL, method="holm")[0]
    return frozenset(found.number for found, sure in zip(known, rejected, strict=True) if sure)
