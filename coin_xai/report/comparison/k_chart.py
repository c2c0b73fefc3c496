"""What the runs and the graph of matching coins say of the number of clusters, as one SVG."""

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coin_xai.clustering.falls import LIMIT, Falls
from coin_xai.report.charts import BRONZE, INK, PATINA, ROSE, STYLE, leave_room, legend_above, svg_of

CURVES = (
    ("recognition", PATINA, "-", "k_recognised"),
    ("recognition_hog", PATINA, ":", "k_hog"),
    ("recognition_shuffled", BRONZE, ":", "k_shuffled"),
    ("stability", ROSE, "-", "mean_stability"),
)


def k_chart(runs: pd.DataFrame, falls: Falls | None, words: Mapping[str, str]) -> str:
    """Draw recognition and stability of runs against k beside what learnt nothing, and the falls.

    Args:
        runs: a row a run: clusters, and of recognition, recognition_hog, recognition_shuffled and stability
            those that are known.
        falls: of the eigenvalues of the graph; None where there is none.
        words: of the page, by key.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 2.9))
        if falls is None:
            shares = figure.subplots()
        else:
            shares, deep = figure.subplots(1, 2)
            _draw_falls(deep, falls, words)
        _draw_shares(shares, runs, words)
        for axes in figure.axes:
            axes.set_xlabel(words["k_axis"])
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
        leave_room(figure, columns=2)
        return svg_of(figure)


def _draw_shares(axes: Axes, runs: pd.DataFrame, words: Mapping[str, str]) -> None:
    for name, colour, line, key in CURVES:
        if name in runs and runs[name].notna().any():
            mean = runs.groupby("clusters")[name].mean().dropna()
            axes.plot(mean.index, mean, ls=line, lw=1, color=colour, label=words[key])
            axes.plot(runs["clusters"], runs[name], ls="", marker="o", ms=3, color=colour)
    axes.set(ylabel=words["k_share"], ylim=(-0.03, 1.03))
    legend_above(axes)


def _draw_falls(axes: Axes, falls: Falls, words: Mapping[str, str]) -> None:
    table = falls.table
    axes.vlines(table["k"], 0, table["times"], color=INK, lw=1)
    axes.axhline(LIMIT, ls=":", color=BRONZE, label=words["k_limit"])
    if falls.stands_out is not None:
        own = table[table["k"] == falls.stands_out]
        axes.vlines(own["k"], 0, own["times"], color=ROSE, lw=2.5)
        axes.annotate(
            f"k = {falls.stands_out}",
            (own["k"].iloc[0], own["times"].iloc[0]),
            (4, -4),
            textcoords="offset points",
            color=ROSE,
        )
    axes.set(ylabel=words["k_times"], ylim=(0, 1.1 * max(LIMIT, float(table["times"].max()))))
    legend_above(axes)
