"""Answers what may be said of runs of the same coins, and keeps the answers with the first of them."""

import logging
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.claims import ask
from coin_xai.claims.evidence import Evidence, RunEvidence
from coin_xai.claims.options import PartsModel, require_table
from coin_xai.errors import OptionError
from coin_xai.photographs.quality import MEASURES
from storage import checkpoints, runs
from storage.errors import MissingError
from storage.fingerprint import fingerprint, hash_file
from storage.layout import ExplanationLayout, RunLayout
from storage.manifest import read_origin
from storage.markers import committing, is_done
from storage.tables import csv_bytes, read_frame
from tasks.checkpoint import Checkpoint
from tasks.claims.kept import ANSWERS_VERSION, PARTS_TABLE, partition_of, write_answers
from tasks.claims.marked import MarkedParts, read_parts_table
from tasks.claims.measure import CLAIMS_VERSION, measure_run, sight_of
from tasks.claims.pictures import draw_hidden
from tasks.collection import training_of
from tasks.explaining.explained_coins import explained
from tasks.explaining.job import ExplanationJob
from tasks.explaining.measure import MEASURES_VERSION, measure
from tasks.explaining.recognition import read_recognition, recognition_fingerprint
from tasks.running.progress import stage
from tasks.running.steps import skipped, step
from tasks.training.metrics import Metrics

log = logging.getLogger(__name__)

PACKAGES = ("coin-xai", "torch", "scikit-learn", "scipy", "statsmodels")

PARAGRAPH = """\
Claims were tested with {packages}, Python {python}, on the runs {runs}. Coins were divided into parts
({divided}). Of each part it was measured what hiding it costs: its surroundings cover it, and the loss of the
lead of the logit of the coin's cluster over the next one is given as a share of the mean size of all leads,
less the loss by hiding a part of the same kind. Heat is the positive part of HiResCAM (Draelos & Carin
2020), compared as the natural logarithm of its density on both parts, with a tolerance of one cell. The
same was measured of a network with its initial weights and of the trained network with a head fitted to
shuffled clusters, both heads fitted like that of the network, and heat also of noise under a Gaussian.
Intervals of means are 95 % bootstrap intervals over runs, collections (of five or more) and coins, with
2,000 resamples; that of a correlation draws coins alone, 400 times, and holds Fisher's (1921) as well; those
about pairs and shares leave out one coin after the other (Severiano et al. 2011), add for pairs the variance
that they have beyond that of their coins (Hoeffding 1948), and hold those of all runs. A claim is called
supported where the interval exceeds a margin that was fixed beforehand, and what shuffled clusters show.
Which effects exceed their margins is given after correction for all claims that were asked as well (Holm
1979).
"""
"""To be pasted into a paper."""

MARKED = """\
table {digest}, in which a person has marked them; of {unmarked} of {coins} coins no part is known, and
{beside} marked parts lie beside their coins, or on coins that do not stand out; a cross that is not marked
is what both bars cover, and the fair comparison with a cross, where none is marked, is the same cross turned
by 45 degrees about the centre of the flan"""
"""How a table of parts divides coins."""


@step(name="claims")
def answer_claims(
    jobs: list[ExplanationJob],
    *,
    model: PartsModel,
    symbol: str | None = None,
    label: str | None = None,
    parts_table: Path | None = None,
) -> Path:
    """Ask what may be said of some runs; the locks of all are held.

    What is measured of a coin is kept, and answers that are there are not found again.

    Args:
        jobs: explanations of runs of the same coins, one a run.
        model: the parts to divide coins into.
        symbol: that claim 6 is about.
        label: column of the table of coins that says which coins are alike; without it, the one that the
            clusters of the first run were compared with, if any.
        parts_table: that marks the parts, where the model is `table`.

    Returns:
        The folder of the answers, with the first of the runs.

    Raises:
        OptionError: runs are of different coins, the label is no column of their table, or there is a table
            of parts without the model or the model without it.
        CatalogueError: the table of parts is not as it should be.
    """
    require_table(model, parts_table)
    first = jobs[0]
    marked = None if parts_table is None else read_parts_table(parts_table, first.layout)
    columns = {*read_frame(first.explanation.assignments)}
    if label is not None and label not in columns:
        raise OptionError(f"the table of coins has no column {label} (--label)")
    compared = Metrics(first.layout).row(first.epoch).get("label")
    label = label or (compared if compared in columns else None)
    for job in jobs:
        _measure_page(job)
    parts = model if marked is None else f"{model} {marked.digest}"
    made_of = fingerprint([ANSWERS_VERSION, CLAIMS_VERSION, parts, symbol, label, *map(_made_of, jobs)])
    folder = first.layout.claims(first.epoch, model).answers
    if is_done(folder, made_of):
        return skipped(folder, "answers about the same are there")
    everything = [_of_run(job, model, marked) for job in jobs]
    table, evidence = everything[0]
    for job, (other, _) in zip(jobs, everything, strict=True):
        if other["coin_id"].tolist() != table["coin_id"].tolist():
            raise OptionError(f"{job.run} holds other coins than {first.run}, so nothing is said of both")
    sight = sight_of(training_of(first.layout))
    with stage("answer claims", 1) as advance:
        known = Evidence(table, [evidence, *(run for _, run in everything[1:])], model, sight, label)
        answers = ask(known, symbol=symbol)
        advance(1)
    names, divided = [job.layout.root.name for job in jobs], str(model)
    facts: dict[str, object] = {
        "version": ANSWERS_VERSION,
        "parts": model,
        "runs": names,
        "partition": partition_of(table),
    }
    if marked is not None:
        unmarked = int((table["parts"] == "").sum())
        facts |= {"parts_table": marked.digest, "coins_without_parts": unmarked}
        beside = marked.not_among(dict(zip(table["coin_id"], table["parts"], strict=True)))
        divided = MARKED.format(digest=marked.digest, unmarked=unmarked, coins=len(table), beside=beside)
        if unmarked:
            log.warning("of %d of %d coins no part is known by %s", unmarked, len(table), marked.name)
        if beside:
            log.warning("%d parts that %s marks lie on no coin that stands out", beside, marked.name)
    measured = [run.measured.assign(run=name) for name, (_, run) in zip(names, everything, strict=True)]
    with committing(folder, made_of, **facts) as temporary:
        methods = _methods([job.layout for job in jobs], divided)
        write_answers(temporary, answers, measured=pd.concat(measured), coins=table, methods=methods)
        draw_hidden(temporary, answers, first, table, model, marked)
        if marked is not None:
            (temporary / PARTS_TABLE).write_bytes(csv_bytes(marked.table))
    return folder


def latest_job(run: Path) -> ExplanationJob:
    """Return the explanation that the page of a run shows.

    Raises:
        MissingError: the run has no page.
    """
    layout = runs.find(run)
    if not (layout.latest / "manifest.json").exists():
        raise MissingError(f"{run} is not explained yet; do that with: coin-xai explain {run}")
    explanation = ExplanationLayout(layout.latest.resolve())
    made_from = read_origin(explanation.root)
    return ExplanationJob(
        run=layout.root,
        fingerprint=explanation.root.name,
        epoch=made_from["epoch"],
        options=ExplanationOptions.model_validate(made_from["attribution"]["options"]),
    )


def _measure_page(job: ExplanationJob) -> None:
    """Measure photographs as the page does, unless that is done."""
    found = explained(job.explanation, job.epoch)
    if found is None or len(found.coins) < len(read_frame(job.explanation.assignments, ["coin_id"])):
        raise MissingError(
            f"not all clusters of {job.run} are explained; do that with: coin-xai explain {job.run}"
        )
    checkpoint = Checkpoint.load(job.layout, job.epoch)
    measure(job.layout, job.explanation, found.coins, epoch=job.epoch, checkpoint=checkpoint)


def _made_of(job: ExplanationJob) -> list[str | None]:
    """Return what the part of a run in the answers depends on, beside what is measured of every coin."""
    return [
        job.layout.root.name,
        hash_file(job.layout.record),
        checkpoints.hash_of(job.layout, job.epoch),
        hash_file(job.explanation.assignments),
        recognition_fingerprint(job.explanation),
        MEASURES_VERSION,
    ]


def _of_run(
    job: ExplanationJob, model: PartsModel, marked: MarkedParts | None
) -> tuple[pd.DataFrame, RunEvidence]:
    """Return the coins of a run, by coin_id, and its part of the evidence."""
    explanation = job.explanation
    seen, measured = measure_run(job.layout, explanation, epoch=job.epoch, model=model, marked=marked)
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


def _methods(layouts: list[RunLayout], divided: str) -> str:
    """Return a paragraph that can be pasted into a paper."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    named = ", ".join(f"{layout.root.name} ({hash_file(layout.record)[:12]})" for layout in layouts)
    return PARAGRAPH.format(packages=packages, python=platform.python_version(), runs=named, divided=divided)
