"""Summarise: what the Prefect page shows of an explanation, so that nobody needs to look for its files."""

import base64
import io
from functools import partial

import numpy as np
import pandas as pd
from PIL import Image
from prefect.artifacts import create_markdown_artifact
from prefect.context import TaskRunContext

from coin_xai.catalogue.wording import count
from coin_xai.claims.verdict import CLAIMS, Answers
from coin_xai.evidence.recognition_tables import HOG, SHUFFLED, UNTRAINED, RecognitionTables, told
from coin_xai.evidence.typical import typical_first
from coin_xai.pictures.contact_sheet import contact_sheet
from coin_xai.report.model import Claims
from storage.layout import ExplanationLayout, RunLayout
from storage.tables import read_frame
from tasks.claims.kept import NOT_ASKED, read_claims
from tasks.explaining.job import ExplanationJob
from tasks.explaining.recognition import read_recognition
from tasks.load import leading_picture
from tasks.running.markdown import artifact_key, plain, table
from tasks.running.reports import report
from tasks.running.steps import step
from tasks.training.metrics import Metrics

# The sheet lies in the server's database, once a run.
LARGEST_SHEET_BYTES = 70_000
QUALITIES = (80, 65, 50, 35, 20)
SHEET_COINS, SHEET_COLUMNS, TILE_PX = 24, 8, 96
EPOCHS_SHOWN = 8
BESIDE = (HOG, UNTRAINED, SHUFFLED)
UNKNOWN = "Whether held-out coins are recognised is not known, since not all clusters are explained."
CURVES = {
    "ami_to_previous": "AMI to the epoch before",
    "seed_stability_ami": "AMI between seeds",
    "ami_to_label": "AMI to the label",
    "loss": "loss",
}


@step(name="summarise")
def summarise(job: ExplanationJob, *, failures: list[tuple[str, str]]) -> int:
    """Leave one markdown artifact: typical coins, clusters, curves, failures, and where the files are.

    Without a server there is nobody to show it to, and nothing is done.

    Returns:
        The length of the artifact in bytes; 0 without a server.
    """
    if TaskRunContext.get() is None:
        return 0
    text = markdown(
        job.layout, job.explanation, epoch=job.epoch, pictures=job.options.pictures, failures=failures
    )
    key = artifact_key(job.layout.root.name)
    description = "What the clusters look like."
    report(key, partial(create_markdown_artifact, text, key=key, description=description))
    return len(text.encode())


def markdown(
    layout: RunLayout,
    explanation: ExplanationLayout,
    *,
    epoch: int,
    pictures: str = "jpg",
    failures: list[tuple[str, str]],
) -> str:
    """Return the summary of an explanation as Markdown, its pictures inside of it."""
    coins, recognition = pd.read_parquet(explanation.assignments), read_recognition(explanation)
    if recognition is not None:
        coins = coins.merge(recognition.coins[["coin_id", "recognised"]], on="coin_id", how="left")
    coins = typical_first(coins)
    groups = coins.groupby("cluster", as_index=False)
    clusters = groups.agg(coins=("coin_id", "size"))
    clusters = clusters.sort_values("coins", ascending=False, kind="stable")
    parts = [
        f"# {plain(layout.root.name)}",
        f"{count(len(coins), 'coin')} in {count(len(clusters), 'cluster')} after {count(epoch, 'epoch')}. "
        + (UNKNOWN if recognition is None else plain(told(recognition))),
    ]
    warned = _warnings(layout, epoch)
    if warned:
        parts.append(f"The training warns: {plain(warned)}")
    if failures:
        rows = [[plain(which), plain(reason)] for which, reason in failures]
        parts += ["## Failed", table(["clusters", "reason"], rows)]
    sheet = _sheet(explanation, coins, clusters["cluster"].tolist(), epoch, pictures)
    if sheet:
        address = base64.b64encode(sheet).decode()
        parts.append(f"![the most typical coin of each cluster](data:image/jpeg;base64,{address})")
    parts += ["## Clusters", _clusters(clusters, recognition)]
    claims = read_claims(explanation)
    if claims is not None:
        parts += ["## What may be said", _divided(claims, len(coins)), _verdicts(claims.answers)]
    parts += ["## Last epochs", _curves(layout, epoch)]
    page = (
        f"`{explanation.report}`" if explanation.report.exists() else "not made, since every cluster failed"
    )
    parts += [  # no link: browsers follow none from a page on a server to a file
        f"Page, to be opened in a browser where the run lies: {page}",
        f"Table: `{explanation.assignments_csv}`",
        f"Pictures: `{explanation.root / 'results'}`",
    ]
    return "\n\n".join(parts) + "\n"


def _clusters(clusters: pd.DataFrame, recognition: RecognitionTables | None) -> str:
    """Return a table of the clusters, and of what their maps are worth where that is known."""
    if recognition is None:
        return table(["cluster", "coins"], clusters[["cluster", "coins"]].to_numpy().tolist())
    rows = clusters.merge(recognition.clusters, on="cluster", how="left").to_dict("records")
    bound = " (upper bound)" if recognition.upper_bound else ""
    return table(
        ["cluster", "coins", f"recognised{bound}", "HOG", "untrained", "shuffled", "maps"],
        [
            [
                row["cluster"],
                row["coins"],
                f"{row['recognition']:.0%} ({row['low']:.0%} to {row['high']:.0%})",
                *(f"{row[name]:.0%}" for name in BESIDE),
                "evidence" if row["evidence"] else f"no evidence: {plain(row['reason'])}",
            ]
            for row in rows
        ],
    )


def _divided(claims: Claims, coins: int) -> str:
    """Return what coins were divided into, and of how many no part is known."""
    how = f"Parts of coins: {claims.parts}"
    if claims.parts_table is None:
        return f"{how}."
    return (
        f"{how} ({plain(claims.parts_table)}); of {claims.without_parts} of {coins} coins no part is known."
    )


def _verdicts(answers: Answers) -> str:
    """Return a table of verdicts, and of why the other claims were not asked."""
    rows = [
        [
            found.number,
            plain(found.claim),
            found.verdict,
            f"{found.effect.value:.2f} ({found.effect.low:.2f} to {found.effect.high:.2f})",
            f"{found.margin:.2f}",
            plain(found.reason),
        ]
        for found in answers.findings
    ]
    rows += [
        [number, CLAIMS[number], NOT_ASKED, "", "", plain(reason)]
        for number, reason in answers.lacking.items()
    ]
    return table(["", "claim", "verdict", "effect (95 %)", "margin", "reason"], sorted(rows))


def _warnings(layout: RunLayout, epoch: int) -> str | None:
    """Return what the figures up to an epoch warn of, as the training said it."""
    warned: str | None = Metrics(layout).row(epoch).get("warnings")
    return warned


def _sheet(
    explanation: ExplanationLayout, coins: pd.DataFrame, clusters: list[int], epoch: int, suffix: str
) -> bytes | None:
    """Return a JPEG of the leading map of the most typical coin of each of the largest clusters."""
    pictures, captions = [], []
    for cluster in clusters[:SHEET_COINS]:
        coin = coins.loc[coins["cluster"] == cluster, "coin_id"].iloc[0]
        path = leading_picture(explanation, epoch, cluster, coin, pictures=suffix)
        if path is not None:
            pictures.append(np.asarray(Image.open(path)))
            captions.append(f"cluster {cluster}")
    if not pictures:
        return None
    columns = min(SHEET_COLUMNS, len(pictures))
    picture = Image.fromarray(contact_sheet(pictures, columns=columns, tile_px=TILE_PX, captions=captions))
    for quality in QUALITIES:
        encoded = io.BytesIO()
        picture.save(encoded, format="JPEG", quality=quality, optimize=True)
        if encoded.tell() <= LARGEST_SHEET_BYTES:
            break
    return encoded.getvalue()


def _curves(layout: RunLayout, epoch: int) -> str:
    if not layout.metrics.exists():
        return "No figures: the network was trained elsewhere."
    metrics = read_frame(layout.metrics)
    metrics = metrics[metrics["epoch"] <= epoch].tail(EPOCHS_SHOWN)
    shown = {name: title for name, title in CURVES.items() if name in metrics and metrics[name].notna().any()}
    rows = [
        [int(row["epoch"]), *("" if pd.isna(row[name]) else f"{row[name]:.3f}" for name in shown)]
        for row in metrics.to_dict("records")
    ]
    known = table(["epoch", *shown.values()], rows)
    if not layout.curves.exists():
        return known
    address = base64.b64encode(layout.curves.read_bytes()).decode()
    return f"![curves by epoch](data:image/png;base64,{address})\n\n{known}"
