"""The answers that are kept of claims: who asks writes them, who shows them reads them."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

import pandas as pd

from coin_xai.claims.options import PartsModel
from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import CLAIMS, Answers, Finding, Series, Verdict
from coin_xai.report.model import Claims
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout, RunLayout, file_stem
from storage.markers import committing, discard, is_done, read_marker
from storage.tables import csv_bytes, read_frame

TABLES = ("verdicts", "measured", "coins")
METHODS = "methods.txt"
ANSWERS_VERSION = "answers-5"
"""Changes whenever the same measurements would be answered otherwise, or in other words."""
NOT_ASKED = "not asked"
PARTS_TABLE = "parts.csv"
"""What was marked, where a table gives the parts."""
BY_RANK: tuple[PartsModel, ...] = ("table", "cross", "radial")
"""Which answers a page shows, of several: what somebody has marked, then what asks all that the last does."""


def write_answers(
    folder: Path, answers: Answers, *, measured: pd.DataFrame, coins: pd.DataFrame, methods: str
) -> None:
    """Write answers and what they rest on into a folder, each table as Parquet and CSV."""
    rows = [_row(found, answers) for found in answers.findings]
    rows += [
        {"number": number, "claim": CLAIMS[number], "verdict": NOT_ASKED, "reason": reason}
        for number, reason in answers.lacking.items()
    ]
    verdicts = pd.DataFrame(rows).sort_values("number", ignore_index=True)
    for name, frame in zip(TABLES, (verdicts, measured, coins), strict=True):
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        (folder / f"{name}.csv").write_bytes(csv_bytes(frame))
    (folder / METHODS).write_text(methods)


def read_answers(folder: Path) -> Answers:
    """Return the answers that a folder holds."""
    findings, lacking, surely = [], {}, set()
    for row in read_frame(folder / f"{TABLES[0]}.parquet").to_dict("records"):
        number = int(row["number"])
        if row["verdict"] == NOT_ASKED:
            lacking[number] = str(row["reason"])
            continue
        if row["exceeds_margin_of_all_asked"]:
            surely.add(number)
        groups = json.loads(row["groups"])
        findings.append(
            Finding(
                number=number,
                claim=row["claim"],
                measure=row["measure"],
                effect=Estimate(row["value"], row["low"], row["high"], int(row["coins"])),
                margin=row["margin"],
                beyond=_estimates(row["beyond_controls"]),
                verdict=cast(Verdict, row["verdict"]),
                reason=row["reason"],
                also={name: _known(value) for name, value in json.loads(row["further_numbers"]).items()},
                deciding=json.loads(row["deciding_coins"]),
                controls=_estimates(row["controls"]),
                hides=row["hides"] if isinstance(row["hides"], str) else None,
                series=Series(row["groups_of"], _estimates(row["groups"])) if groups else None,
            )
        )
    return Answers(tuple(findings), lacking, frozenset(surely))


def pictures_of(number: int, coin_id: str) -> tuple[str, str]:
    """Return the names of the pictures of a coin that decides a claim: as it is, and with the part hidden."""
    stem = f"pictures/{number}-{file_stem(coin_id)}"
    return f"{stem}-before.webp", f"{stem}-after.webp"


def partition_of(coins: pd.DataFrame) -> str:
    """Return which coins in which clusters answers are about, as a fingerprint."""
    return fingerprint(coins.sort_values("coin_id")[["coin_id", "cluster"]].to_numpy().tolist())


def show_answers(
    layout: RunLayout, explanation: ExplanationLayout, coins: pd.DataFrame, *, epoch: int
) -> None:
    """Copy the answers about some coins to their page; without any, the page has none.

    Of several, those by a table of parts are shown, else those about crosses (`BY_RANK`).

    Args:
        layout: the run.
        explanation: whose page it is.
        coins: that the page shows.
        epoch: of the checkpoint.
    """
    shown, partition = explanation.page_claims, partition_of(coins)
    for model in BY_RANK:
        folder = layout.claims(epoch, model).answers
        marker = read_marker(folder)
        facts = {} if marker is None else marker["facts"]
        if marker is None or (facts.get("partition"), facts.get("version")) != (partition, ANSWERS_VERSION):
            continue
        made_of = marker["fingerprint"]
        if not is_done(shown, made_of):
            with committing(shown, made_of, **facts) as temporary:
                for name in marker["files"]:
                    (temporary / name).parent.mkdir(exist_ok=True)
                    (temporary / name).write_bytes((folder / name).read_bytes())
        return
    if shown.exists():
        discard(shown)


def read_claims(explanation: ExplanationLayout) -> Claims | None:
    """Return what the page of an explanation says of claims; None where nothing was asked."""
    marker = read_marker(explanation.page_claims)
    if marker is None:
        return None
    facts, answers = marker["facts"], read_answers(explanation.page_claims)
    return Claims(
        answers=answers,
        parts=cast(PartsModel, facts["parts"]),
        parts_table=cast(str | None, facts.get("parts_table")),
        without_parts=cast(int, facts.get("coins_without_parts", 0)),
        runs=cast(list[str], facts["runs"]),
        methods=(explanation.page_claims / METHODS).read_text(),
        hidden={
            (found.number, coin_id): (before, after)
            for found in answers.findings
            for coin_id in found.deciding
            for before, after in [pictures_of(found.number, coin_id)]
            if {before, after} <= set(marker["files"])
        },
    )


def _row(found: Finding, answers: Answers) -> dict[str, object]:
    return {
        "number": found.number,
        "claim": found.claim,
        "verdict": found.verdict,
        "measure": found.measure,
        "value": found.effect.value,
        "low": found.effect.low,
        "high": found.effect.high,
        "coins": found.effect.coins,
        "margin": found.margin,
        "exceeds_margin_of_all_asked": found.number in answers.surely,
        "reason": found.reason,
        "deciding_coins": json.dumps(list(found.deciding), ensure_ascii=False),
        "further_numbers": _json(found.also),
        "beyond_controls": _json(found.beyond),
        "controls": _json(found.controls),
        "hides": found.hides,
        "groups_of": None if found.series is None else found.series.of,
        "groups": _json({} if found.series is None else found.series.rows),
    }


def _json(named: Mapping[str, Estimate] | Mapping[str, float]) -> str:
    """Return numbers as JSON, which has no NaN."""
    plain = {name: asdict(one) if isinstance(one, Estimate) else one for name, one in named.items()}
    return json.dumps(_without_nan(plain), ensure_ascii=False)


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, int):
        return value
    number = float(cast(float, value))
    return None if math.isnan(number) else number


def _estimates(text: str) -> dict[str, Estimate]:
    return {
        name: Estimate(_known(one["value"]), _known(one["low"]), _known(one["high"]), one["coins"])
        for name, one in json.loads(text).items()
    }


def _known(value: float | None) -> float:
    return math.nan if value is None else value
