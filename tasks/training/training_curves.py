"""The course of a training to look at: a picture in the run, and one artifact on the Prefect page."""

import base64
import sys
from collections.abc import Sequence
from functools import partial

import pandas as pd

from storage.atomic import write_bytes
from storage.layout import RunLayout
from tasks.running.markdown import artifact_key, plain, table
from tasks.running.reports import report
from tasks.training.metrics import Row

EPOCHS_SHOWN = 8
COLUMNS = {
    "loss": "loss",
    "ami_to_previous": "AMI to the epoch before",
    "seed_stability_ami": "AMI between seeds",
    "moved_share": "moved",
    "largest_cluster_share": "largest cluster",
    "ami_to_label": "AMI to the label",
}


def draw_training_curves(layout: RunLayout, rows: Sequence[Row]) -> None:
    """Draw the figures so far into the run.

    Args:
        layout: the run.
        rows: its figures, one row an epoch, in order; at least one.
    """
    # Late: of processes that train together only the first one draws.
    from coin_xai.report.learning_curves import learning_curves

    write_bytes(layout.curves, learning_curves(pd.DataFrame(rows)))


def show_training_curves(layout: RunLayout, rows: Sequence[Row]) -> None:
    """Inside a task of Prefect's, leave an artifact with the curves drawn before, warnings and figures."""
    # One of several processes is in no task of Prefect's, and need not import Prefect to know.
    if "prefect" not in sys.modules:
        return
    from prefect.artifacts import create_markdown_artifact
    from prefect.context import TaskRunContext

    if TaskRunContext.get() is None:
        return
    text = course(layout.root.name, rows, layout.curves.read_bytes())
    key = artifact_key(f"training-{layout.root.name}")
    report(key, partial(create_markdown_artifact, text, key=key, description="How the training goes."))


def course(name: str, rows: Sequence[Row], picture: bytes) -> str:
    """Return curves, warnings and the table of the last epochs as Markdown, the picture inside of it."""
    shown = {key: title for key, title in COLUMNS.items() if any(row.get(key) is not None for row in rows)}
    cells = [
        [row["epoch"], *("" if row.get(key) is None else f"{row[key]:.3f}" for key in shown)]
        for row in rows[-EPOCHS_SHOWN:]
    ]
    address = base64.b64encode(picture).decode()
    parts = [f"# Training of {plain(name)}", f"![curves by epoch](data:image/png;base64,{address})"]
    if rows[-1].get("warnings"):
        parts.append(plain(rows[-1]["warnings"]))
    return "\n\n".join([*parts, "## Last epochs", table(["epoch", *shown.values()], cells)]) + "\n"
