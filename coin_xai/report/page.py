"""The page of one explanation: what was run, and every cluster with its coins."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from coin_xai.report.charts import cluster_sizes, training_curves

COINS_SHOWN_AT_ONCE = 12


@dataclass(frozen=True)
class Report:
    """What a page is made of.

    Attributes:
        title: name of the run.
        facts: pairs of a word and a value: photographs, network, options, versions.
        warnings: sentences that speak against trusting the partition.
        metrics: one row an epoch.
        clusters: one row a cluster: cluster, class_index, size, head_fit, no_positive_evidence, folder.
        coins: one row a coin: coin_id, cluster, score, margin, runner_up_cluster, head_agrees, distance,
            cam_maximum, no_positive_evidence, and for each method a relative address of its picture.
        methods: pairs of a column of `coins` and its caption, in the order to show them.
        broken: one row a photograph that could not be used: path, error.
        failed: pairs of the clusters that failed and the reason.
        links: pairs of a text and a relative address.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    metrics: pd.DataFrame
    clusters: pd.DataFrame
    coins: pd.DataFrame
    methods: Sequence[tuple[str, str]]
    broken: pd.DataFrame
    failed: Sequence[tuple[str, str]]
    links: Sequence[tuple[str, str]]


def render(report: Report) -> str:
    """Return the page as HTML; every text from tables and names is escaped.

    Within a cluster the coins nearest to its centroid come first.
    """
    coins = report.coins.sort_values(["distance", "coin_id"], kind="stable")
    groups = {cluster: members.to_dict("records") for cluster, members in coins.groupby("cluster")}
    by_size = report.clusters.sort_values(["size", "cluster"], ascending=[False, True], kind="stable")
    return _template().render(
        report=report,
        clusters=by_size.to_dict("records"),
        groups=groups,
        shown=COINS_SHOWN_AT_ONCE,
        curves=Markup(training_curves(report.metrics)),
        sizes=Markup(cluster_sizes(report.clusters)),
        broken=report.broken.to_dict("records"),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("coin_xai.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
