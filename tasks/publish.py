"""Publish: the page and, last of all, the manifest."""

import shutil
from hashlib import sha256
from typing import NamedTuple

import pandas as pd

from coin_xai.attribution import ALGORITHM_VERSION
from coin_xai.evidence.recognition_tables import figures_of
from coin_xai.evidence.shared_values import Shared
from coin_xai.report.model import Report
from coin_xai.report.page import render
from storage import checkpoints, runs
from storage.atomic import write_bytes
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout
from storage.manifest import Origin, write_manifest
from storage.markers import committing, is_done
from storage.tables import csv_bytes, read_frame
from tasks.checkpoint import Checkpoint
from tasks.claims.kept import show_answers
from tasks.explaining.attribute import ENGINE, explainer_of
from tasks.explaining.contrast import contrast
from tasks.explaining.explained_coins import explained
from tasks.explaining.job import ExplanationJob
from tasks.explaining.measure import measure
from tasks.lineage import tell_explanation
from tasks.page.inputs import is_published, page_inputs
from tasks.page.report import report_of
from tasks.running.progress import stage
from tasks.running.steps import skipped, step
from tasks.worth import NoEvidence, worth_of

PARTS = 3
"""Of a publication: what the page says, the page, and the manifest."""


class Published(NamedTuple):
    """How much a page shows."""

    coins: int
    clusters: int


@step(name="publish")
def publish(job: ExplanationJob, *, failures: list[tuple[str, str]]) -> Published:
    """Write page and manifest, and make `latest` point to this explanation.

    Args:
        job: the explanation. If it trusts sizes, a page that would be made of the same again stays.
        failures: which clusters or chunks failed, and why.

    Returns:
        The numbers of coins and clusters shown.
    """
    layout, explanation, epoch, options = job.layout, job.explanation, job.epoch, job.options
    checkpoint = Checkpoint.load(layout, epoch)
    trainer = checkpoint.options.trainer
    made_from: Origin = {
        "run": runs.read_record(layout),
        "epoch": epoch,
        "checkpoint_sha256": checkpoints.hash_of(layout, epoch),
        "attribution": {
            "algorithm": ALGORITHM_VERSION,
            "options": options.resolved(trainer).model_dump(mode="json"),
        },
        "versions": dict(checkpoint.versions),
        "failures": [list(failure) for failure in failures],
        "page": page_inputs(layout, explanation, epoch=epoch),
    }
    if job.reuse == "size" and not failures and is_published(layout, explanation, made_from):
        return skipped(_shown(explanation, epoch), "page and manifest of the same are there")
    found = explained(explanation, epoch)
    if found is None:
        # Every cluster failed; the flow says why. A page of before would tell of pictures that are gone.
        explanation.manifest.unlink(missing_ok=True)
        explanation.report.unlink(missing_ok=True)
        shutil.rmtree(explanation.page, ignore_errors=True)
        return Published(coins=0, clusters=0)
    measure(layout, explanation, found.coins, epoch=epoch, checkpoint=checkpoint)
    contrast(layout, explanation, found.coins, epoch=epoch)
    show_answers(layout, explanation, found.coins, epoch=epoch)
    recognition = found.recognition
    with stage("publish", PARTS) as advance:
        report = report_of(
            layout, explanation, found, epoch=epoch, checkpoint=checkpoint, options=options, failures=failures
        )
        advance(1)
        _write(explanation, report)
        advance(1)
        made_by = {
            "layer": explainer_of(
                layout.root, epoch, checkpoints.hash_of(layout, epoch)
            ).network.attribution_layer,
            "coins_by_engine": found.coins[ENGINE].value_counts().to_dict(),
        }
        if recognition is None:
            write_manifest(explanation, made_from, made_by=made_by)
        else:
            marked = NoEvidence(explanation, epoch, recognition)
            worth = worth_of(recognition)
            write_manifest(explanation, made_from, made_by=made_by, worth=worth, marked=marked)
        advance(1)
    runs.point_latest_to(layout, explanation.root)
    shown = Published(len(found.coins), found.coins["cluster"].nunique())
    figures = {} if recognition is None else figures_of(recognition)
    tell_explanation(layout, explanation, made_from, {**shown._asdict(), **figures})
    return shown


def _shown(explanation: ExplanationLayout, epoch: int) -> Published:
    """Return how much a page shows that is there: the clusters whose pictures are whole."""
    coins = read_frame(explanation.assignments, ["cluster"])["cluster"]
    own = coins[[explanation.pictures(epoch, cluster).exists() for cluster in coins]]
    return Published(len(own), own.nunique())


def _write(explanation: ExplanationLayout, report: Report) -> None:
    page, parts = render(report)
    tables = {"coins": report.coins, "clusters": _flat(report.clusters), "audit": report.audit}
    if report.recognition is not None:
        tables["recognition"] = report.recognition.summary
    folder = explanation.page_app
    hashes = {name: sha256(part).hexdigest() for name, part in parts.items()}
    page_fingerprint = fingerprint([page, hashes])
    if not is_done(folder, page_fingerprint):
        with committing(folder, page_fingerprint) as temporary:
            for name, part in parts.items():
                (temporary / name).write_bytes(part)
            for name, table in tables.items():
                (temporary / f"{name}.csv").write_bytes(csv_bytes(table))
                table.to_parquet(temporary / f"{name}.parquet", index=False)
    write_bytes(explanation.report, page.encode())


def _flat(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return the table of clusters with a column for each number, for those who take it away."""
    objects = ["mean_map", "profile", "standing", "nearest", "shared", "differing"]
    standing = pd.DataFrame(list(clusters["standing"]), index=clusters.index).add_suffix("_deviation")
    profile = pd.DataFrame(list(clusters["profile"]), index=clusters.index).add_prefix("evidence_in_ring_")
    nearest = [" ".join(str(other) for other, _ in near) for near in clusters["nearest"]]
    largest = [mean.max() for mean in clusters["mean_map"]]
    said = {name: [_said(values) for values in clusters[name]] for name in ("shared", "differing")}
    plain = clusters.drop(columns=objects).assign(nearest_clusters=nearest, mean_map_maximum=largest, **said)
    return plain.join([standing, profile])


def _said(values: list[Shared]) -> str:
    return "; ".join(
        f"{one.column} {one.value}: {one.here:.0%}, elsewhere {one.elsewhere:.0%}" for one in values
    )
