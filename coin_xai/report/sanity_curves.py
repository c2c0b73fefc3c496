"""How maps change as a network forgets, as a picture."""

import io

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from coin_xai.report.charts import STYLE

DOTS_PER_INCH = 150


def sanity_curves(table: pd.DataFrame) -> bytes:
    """Draw the mean rank correlation of each method by the lowest random layer, as PNG.

    Args:
        table: as from `coin_xai.evidence.sanity.sanity`.
    """
    random = table[table["test"] == "randomised"]
    means = random.pivot_table(index="depth", columns="method", values="rank_correlation", sort=False)
    other = table[table["test"] == "other cluster"].groupby("method")["rank_correlation"].mean()
    layers = random.drop_duplicates("depth").set_index("depth")["layer"]
    colours = [mpl.colormaps["tab10"](index) for index in range(10)]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        curves, bars = figure.subplots(1, 2, width_ratios=(3, 2))
        # The bars name the colours of the curves.
        for method, colour in zip(means.columns, colours, strict=False):
            curves.plot([0, *means.index], [1, *means[method]], marker="o", ms=3, color=colour)
        curves.set_xticks([0, *layers.index], ["trained", *layers], rotation=40, ha="right")
        curves.set(ylim=(-0.3, 1.05), ylabel="rank correlation with the trained network's map")
        curves.set_title("random from the head down to this layer", size=8.5)
        ordered = other.reindex(means.columns)
        bars.barh(range(len(ordered)), ordered.fillna(0), color=colours[: len(ordered)])
        bars.set_yticks(range(len(ordered)), list(ordered.index))
        bars.invert_yaxis()
        bars.set(xlim=(-0.3, 1.05))
        bars.set_title("the same coin explained for another cluster", size=8.5)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()
