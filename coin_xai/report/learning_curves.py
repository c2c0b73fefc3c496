"""How a training went, as a picture: whom its partitions agree with, what it lost, what it moved."""

import io

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coin_xai.report.charts import BRONZE, INK, PATINA, ROSE, STYLE, count_epochs, leave_room, legend_above

DOTS_PER_INCH = 100

# Column, colour, style and name of each curve, by panel.
AGREEMENT = (
    ("ami_to_previous", BRONZE, "-", "with the epoch before"),
    ("seed_stability_ami", PATINA, "-", "between seeds of k-means"),
    ("ami_to_label", ROSE, "-", "with the label"),
    ("baseline_ami_to_label", ROSE, ":", "gradient histograms with it"),
    ("untrained_ami_to_label", INK, ":", "the untrained network with it"),
)
LOSS = (("loss", INK, "-", "loss"), ("loss_of_chance", BRONZE, ":", "chance"))
SHARES = (
    ("moved_share", BRONZE, "-", "coins that moved"),
    ("largest_cluster_share", PATINA, "-", "coins in the largest cluster"),
    ("empty_cluster_share", ROSE, "-", "clusters that are empty"),
)


def learning_curves(metrics: pd.DataFrame) -> bytes:
    """Draw agreement, loss and shares by epoch, as PNG.

    Args:
        metrics: one row an epoch, columns as `Epoch.metrics`; with a label also `ami_to_label`,
            `baseline_ami_to_label` and `untrained_ami_to_label`. Columns that are not there, or empty, are
            left out.
    """
    empty = metrics["empty_clusters"]
    shown = metrics.assign(empty_cluster_share=empty / (empty + metrics["clusters"]))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.4))
        agreement, loss, shares = figure.subplots(1, 3)
        _draw(agreement, shown, AGREEMENT)
        agreement.set(ylabel="agreement (AMI)", ylim=(-0.03, 1.03))
        _draw(loss, shown, LOSS)
        loss.set(ylabel="cross-entropy")
        loss.set_ylim(bottom=0)
        _draw(shares, shown, SHARES)
        shares.set(ylabel="share", ylim=(-0.03, 1.03))
        for axes in figure.axes:
            count_epochs(axes, "epochs learnt")
        leave_room(figure, columns=1)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def _draw(axes: Axes, metrics: pd.DataFrame, curves: tuple[tuple[str, str, str, str], ...]) -> None:
    for column, colour, style, name in curves:
        if column in metrics and metrics[column].notna().any():
            values = metrics[column].astype(float)
            axes.plot(metrics["epoch"], values, ls=style, marker=".", ms=4, color=colour, label=name)
    legend_above(axes, columns=1)
