"""What speaks for which number of clusters, as a picture."""

import io

import matplotlib as mpl
from matplotlib.figure import Figure

from coin_xai.clustering.choose_k import Evidence
from coin_xai.report.charts import BRONZE, INK, PATINA, ROSE, STYLE

DOTS_PER_INCH = 150


def k_curves(evidence: Evidence) -> bytes:
    """Draw inertia, silhouette and stability over k, each beside that of shuffled coins, as PNG."""
    table = evidence.table
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 2.9), layout="constrained")
        panels = (
            ("inertia", "inertia, mean squared distance", INK, evidence.elbow, "elbow"),
            ("silhouette", "silhouette", PATINA, evidence.best_silhouette, "furthest above chance"),
            (
                "stability",
                "stability, AMI between seeds",
                ROSE,
                evidence.most_stable,
                "furthest above chance",
            ),
        )
        for axes, (name, text, colour, chosen, why) in zip(figure.subplots(1, 3), panels, strict=True):
            axes.plot(table["k"], table[name], marker="o", ms=3, color=colour, label="these coins")
            axes.plot(table["k"], table[f"{name}_shuffled"], ls=":", color=colour, label="shuffled")
            axes.axvline(chosen, color=BRONZE, lw=0.8)
            axes.set(xlabel="k", ylabel=text, title=f"{why}: k = {chosen}")
            axes.title.set_size(8.5)
            axes.legend(frameon=False, fontsize=7.5)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()
