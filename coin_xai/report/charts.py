"""The curves and sizes of a run as SVG, to stand inside a page."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK = "#2b2a27"
BRONZE = "#9a6b2f"
PATINA = "#3f7f73"
ROSE = "#b4524a"
MOST_NAMED = 36
"""Clusters below whose bars a number fits."""
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
        metrics: one row an epoch, columns as `Epoch.metrics`; where there is a label, `ami_to_label`, and
            what gradient histograms and the untrained network reach, `baseline_ami_to_label` and
            `untrained_ami_to_label`.
        words: of the page, by key.
    """
    with_loss = "loss" in metrics and bool(metrics["loss"].notna().any())
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.7))
        # Of a network that was trained elsewhere nobody knows the loss.
        if with_loss:
            agreement, loss = figure.subplots(1, 2, width_ratios=(3, 2))
            _draw_loss(loss, metrics, words)
        else:
            agreement = figure.subplots()
        _draw_agreement(agreement, metrics, words)
        for axes in figure.axes:
            count_epochs(axes, words["epochs_learnt"])
            axes.set_xlim(-0.3, metrics["epoch"].max() + 0.3)  # one epoch alone has no width of its own
        leave_room(figure, columns=2)
        return svg_of(figure)


def _draw_agreement(axes: Axes, metrics: pd.DataFrame, words: Mapping[str, str]) -> None:
    for column, colour, key in (
        ("ami_to_previous", BRONZE, "to_previous"),
        ("seed_stability_ami", PATINA, "between_seeds"),
        ("ami_to_label", ROSE, "to_label"),
    ):
        if column in metrics and metrics[column].notna().any():
            axes.plot(metrics["epoch"], metrics[column], marker="o", ms=3, color=colour, label=words[key])
    for column, colour, key in (
        ("baseline_ami_to_label", ROSE, "baseline_to_label"),
        ("untrained_ami_to_label", INK, "untrained_to_label"),
    ):
        if column in metrics and metrics[column].notna().any():
            axes.axhline(metrics[column].dropna().iloc[-1], ls=":", color=colour, label=words[key])
    axes.set(ylabel=words["agreement"], ylim=(-0.03, 1.03))
    legend_above(axes)


def _draw_loss(axes: Axes, metrics: pd.DataFrame, words: Mapping[str, str]) -> None:
    axes.plot(metrics["epoch"], metrics["loss"], marker="o", ms=3, color=INK, label=words["loss"])
    axes.plot(
        metrics["epoch"],
        metrics["loss_of_chance"],
        ls=":",
        marker=".",
        ms=3,
        color=BRONZE,
        label=words["chance"],
    )
    greatest = np.nanmax(metrics[["loss", "loss_of_chance"]].to_numpy(dtype=np.float64))
    axes.set(ylabel=words["cross_entropy"], ylim=(0, 1.1 * float(greatest)))
    legend_above(axes)


def count_epochs(axes: Axes, label: str) -> None:
    """Write whole epochs below a chart, as few as can be read on a narrow one."""
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))


def legend_above(axes: Axes, *, columns: int = 2) -> None:
    """Name the curves above them: inside, a legend hides those that are level."""
    if axes.lines:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.03, 1),
            ncols=columns,
            frameon=False,
            fontsize=7,
            columnspacing=1.2,
        )


def leave_room(figure: Figure, *, columns: int) -> None:
    """Place charts side by side, with room for the words around them and the names above.

    matplotlib can find the room itself, but then draws each picture three times.

    Args:
        figure: with one row of charts, named by `legend_above`.
        columns: of names, as there.
    """
    width, height = figure.get_size_inches()
    side_by_side = len(figure.axes)
    rows = max(-(-len(axes.lines) // columns) for axes in figure.axes)
    left, right, between = 0.52, 0.18, 0.75  # inches; the figures of a loss can be longer than 0.0
    figure.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        bottom=0.45 / height,
        top=1 - (0.12 + 0.145 * rows) / height,
        wspace=between * side_by_side / (width - left - right - between * (side_by_side - 1)),
    )


def cluster_sizes(clusters: pd.DataFrame, words: Mapping[str, str]) -> str:
    """Draw the number of coins per cluster, the largest first.

    Args:
        clusters: one row a cluster with `cluster` and `size`.
        words: of the page, by key.
    """
    ordered = clusters.sort_values("size", ascending=False, kind="stable")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 1.7))
        axes = figure.subplots()
        positions = np.arange(len(ordered))
        axes.bar(positions, ordered["size"], color=BRONZE, width=0.8)
        step = -(-len(ordered) // MOST_NAMED)
        axes.set_xticks(positions[::step], ordered["cluster"].astype(str).iloc[::step])
        axes.set(xlabel=words["cluster"], ylabel=words["coins"], xlim=(-0.7, len(ordered) - 0.3))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
        width, height = figure.get_size_inches()
        figure.subplots_adjust(  # inches; sizes have up to five digits
            left=0.68 / width, right=1 - 0.1 / width, bottom=0.45 / height, top=1 - 0.1 / height
        )
        return svg_of(figure)


def svg_of(figure: Figure) -> str:
    """Return a figure as SVG, the same for the same figures."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
