"""Answers what may be said of runs of the same coins, and keeps the answers with the first of them."""

import json
import math
import platform
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from coin_xai.claims.claims import Answers, ask
from coin_xai.claims.evidence import Evidence, RunEvidence
from coin_xai.claims.parts import PartsModel
from coin_xai.claims.verdict import Finding
from coin_xai.errors import OptionError
from coin_xai.photographs.quality import MEASURES
from storage import runs
from storage.errors import MissingError
from storage.fingerprint import fingerprint, hash_file
from storage.layout import ExplanationLayout, RunLayout
from storage.lock import holding
from storage.manifest import read_origin
from storage.markers import committing
from storage.tables import csv_bytes, read_frame
from tasks.claims.measure import CLAIMS_VERSION, measure_run, sight_of
from tasks.collection import training_of
from tasks.explaining.recognition import read_recognition
from tasks.running.progress import stage

VERDICTS, MEASURED, COINS, METHODS = "verdicts", "measured", "coins", "methods.txt"
PACKAGES = ("coin-xai", "torch", "scikit-learn", "scipy", "statsmodels")

PARAGRAPH = """\
Claims were tested with {packages}, Python {python}, on the runs {runs}. Coins were divided into parts
({model}). Of each part it was measured what hiding it costs: its surroundings cover it, and the loss of the
lead of the logit of the coin's cluster over the next one is given as a share of the mean size of all leads,
less the loss by hiding a part of the same kind. Heat is the positive part of HiResCAM (Draelos & Carin
2020), compared as the natural logarithm of its density on both parts, with a tolerance of one cell. The
same was measured of a network with its initial weights and of the trained network with a head fitted to
shuffled clusters, both heads fitted like that of the network, and heat also of noise under a Gaussian.
Intervals of means are 95 % bootstrap intervals over runs, collections (of five or more) and coins, with
2,000 resamples; that of a correlation draws coins alone, 400 times; those about pairs and shares leave out
one coin after the other (Severiano et al. 2011), and hold those of all runs. A claim is called supported
where the interval exceeds a margin that was fixed beforehand, and what shuffled clusters show. Which
effects exceed their margins is given after correction for all claims that were asked as well (Holm 1979).
"""
"""To be pasted into a paper."""


def answer_claims(
    folders: list[Path], *, model: PartsModel, symbol: str | None = None, label: str | None = None
) -> tuple[Path, Answers]:
    """Ask what may be said of some runs that are explained.

    Args:
        folders: of the runs; all are of the same coins.
        model: the parts to divide coins into.
        symbol: that claim 6 is about.
        label: column of the table of coins that says which coins are alike.

    Returns:
        The folder of the answers, and the answers.

    Raises:
        MissingError: a run has no page.
        OptionError: runs are of different coins, or the label is no column of their table.
    """
    twice = [folder for folder, times in Counter(one.resolve() for one in folders).items() if times > 1]
    if twice:
        raise OptionError(f"{twice[0]} is given twice: one run says no more the second time")
    everything = [_of_run(folder, model) for folder in folders]
    table, first = everything[0]
    layout, explanation = _latest(folders[0])
    if label is not None and label not in table:
        raise OptionError(f"the table of coins has no column {label} (--label)")
    for folder, (other, _) in zip(folders, everything, strict=True):
        if other["coin_id"].tolist() != table["coin_id"].tolist():
            raise OptionError(f"{folder} holds other coins than {folders[0]}, so nothing is said of both")
    options = training_of(layout)
    evidence = Evidence(table, [first, *(run for _, run in everything[1:])], model, sight_of(options), label)
    with stage("answer claims", 1) as advance:
        answers = ask(evidence, symbol=symbol)
        advance(1)
    epoch = read_origin(explanation.root)["epoch"]
    made_of = fingerprint([CLAIMS_VERSION, model, symbol, label, [str(folder) for folder in folders]])
    folder = layout.claims(epoch, model).answers
    with holding(layout.lock), committing(folder, made_of) as temporary:
        verdicts = pd.DataFrame([_row(found, answers) for found in answers.findings])
        measured = pd.concat(
            [run.measured.assign(run=path.name) for path, (_, run) in zip(folders, everything, strict=True)]
        )
        for name, frame in ((VERDICTS, verdicts), (MEASURED, measured), (COINS, table)):
            frame.to_parquet(temporary / f"{name}.parquet", index=False)
            (temporary / f"{name}.csv").write_bytes(csv_bytes(frame))
        (temporary / METHODS).write_text(_methods(folders, model))
    return folder, answers


def _latest(folder: Path) -> tuple[RunLayout, ExplanationLayout]:
    layout = runs.find(folder)
    if not (layout.latest / "manifest.json").exists():
        raise MissingError(f"{folder} is not explained yet; do that with: coin-xai explain {folder}")
    return layout, ExplanationLayout(layout.latest.resolve())


def _of_run(folder: Path, model: PartsModel) -> tuple[pd.DataFrame, RunEvidence]:
    """Return the coins of a run, by coin_id, and its part of the evidence."""
    layout, explanation = _latest(folder)
    with holding(layout.lock):
        seen, measured = measure_run(
            layout, explanation, epoch=read_origin(explanation.root)["epoch"], model=model
        )
    coins = read_frame(explanation.assignments).sort_values("coin_id", kind="stable").reset_index(drop=True)
    quality = read_frame(explanation.page_tables / "measures.parquet", ["coin_id", *MEASURES])
    # Columns that somebody has called like ours stay, as everywhere, under another name.
    ours = {name: f"table_{name}" for name in (*seen, *MEASURES) if name != "coin_id"}
    table = coins.rename(columns=ours).merge(seen, on="coin_id", how="left", validate="one_to_one")
    table = table.merge(quality, on="coin_id", how="left", validate="one_to_one")
    recognition = read_recognition(explanation)
    recognised = pd.Series(np.nan, index=table["coin_id"])
    if recognition is not None:
        found = recognition.coins.set_index("coin_id")["recognised"].astype(float)
        recognised = found.reindex(table["coin_id"])
    cluster = table["cluster"].to_numpy(dtype=np.int64)
    return table, RunEvidence(cluster, recognised.to_numpy(dtype=np.float64), measured)


def _row(found: Finding, answers: Answers) -> dict[str, object]:
    row: dict[str, object] = {
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
        "beyond_controls": _json(
            {
                f"{name}, {end}": getattr(rest, end)
                for name, rest in found.beyond.items()
                for end in ("value", "low", "high")
            }
        ),
    }
    return row


def _json(numbers: Mapping[str, float]) -> str:
    """Return numbers as JSON, which has no NaN."""
    known = {name: None if math.isnan(value) else float(value) for name, value in numbers.items()}
    return json.dumps(known, ensure_ascii=False)


def _methods(folders: list[Path], model: PartsModel) -> str:
    """Return a paragraph that can be pasted into a paper."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    named = ", ".join(f"{folder.name} ({hash_file(runs.find(folder).record)[:12]})" for folder in folders)
    return PARAGRAPH.format(packages=packages, python=platform.python_version(), runs=named, model=model)
