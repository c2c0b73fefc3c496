"""The curves and sizes of a run as SVG, to stand inside a page."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

INK = "#2b2a27"
BRONZE = "#9a6b2f"
PATINA = "#3f7f73"
ROSE = "#b4524a"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "coin-xai",  # the same figures give the same bytes
    "font.family": "sans-serif",
    "font.size": 8.5,
    "axes.edgecolor": "#b9b3a6",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
}


def training_curves(metrics: pd.DataFrame, words: Mapping[str, str]) -> str:
    """Draw agreement with the previous epoch, with itself over seeds and with the label, and the loss.

    Args:
        metrics: one row an epoch, columns as `Epoch.metrics`; `ami_to_label` where there is a label.
        words: of the page, by key.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.4), layout="constrained")
        agreement, loss = figure.subplots(1, 2, width_ratios=(3, 2))
        for column, colour, key in (
            ("ami_to_previous", BRONZE, "to_previous"),
            ("seed_stability_ami", PATINA, "between_seeds"),
            ("ami_to_label", ROSE, "to_label"),
        ):
            if column in metrics and metrics[column].notna().any():
                agreement.plot(
                    metrics["epoch"], metrics[column], marker="o", ms=3, color=colour, label=words[key]
                )
        agreement.set(xlabel=words["epochs_learnt"], ylabel=words["agreement"], ylim=(-0.03, 1.03))
        if agreement.lines:
            agreement.legend(frameon=False, fontsize=7.5)
        if "loss" in metrics and metrics["loss"].notna().any():
            loss.plot(metrics["epoch"], metrics["loss"], marker="o", ms=3, color=INK, label=words["loss"])
            chance = metrics["loss_of_chance"]
            loss.plot(metrics["epoch"], chance, ls=":", color=BRONZE, label=words["chance"])
            loss.legend(frameon=False, fontsize=7.5)
        loss.margins(y=0.1)
        loss.set(xlabel=words["epochs_learnt"], ylabel=words["cross_entropy"])
        loss.set_ylim(bottom=0)
        for axes in (agreement, loss):
            axes.xaxis.get_major_locator().set_params(integer=True)
        return _svg(figure)


def cluster_sizes(clusters: pd.DataFrame, words: Mapping[str, str]) -> str:
    """Draw the number of coins per cluster, the largest first.

    Args:
        clusters: one row a cluster with `cluster` and `size`.
        words: of the page, by key.
    """
    ordered = clusters.sort_values("size", ascending=False, kind="stable")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 1.7), layout="constrained")
        axes = figure.subplots()
        positions = np.arange(len(ordered))
        axes.bar(positions, ordered["size"], color=BRONZE, width=0.8)
        step = max(1, len(ordered) // 40)
        axes.set_xticks(positions[::step], ordered["cluster"].astype(str).iloc[::step])
        axes.set(xlabel=words["cluster"], ylabel=words["coins"], xlim=(-0.7, len(ordered) - 0.3))
        return _svg(figure)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
