"""What the page of an explanation is made of, read from a run."""

from collections.abc import Sequence

import pandas as pd

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.diagnostics import diagnose
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.evidence.lattice import lattice
from coin_xai.report.model import Report
from storage.layout import ExplanationLayout, RunLayout
from storage.tables import read_frame
from tasks.checkpoint import Checkpoint
from tasks.collection import INGEST_AGAIN
from tasks.explaining.explained_coins import Explained
from tasks.page.assemble import assemble
from tasks.page.facts import facts
from tasks.photographs.outlines import read_outlines
from tasks.training.metrics import records


def report_of(
    layout: RunLayout,
    explanation: ExplanationLayout,
    explained: Explained,
    *,
    epoch: int,
    checkpoint: Checkpoint,
    options: ExplanationOptions,
    failures: Sequence[tuple[str, str]],
) -> Report:
    """Return what the page of an explanation is made of; what `measure` and `contrast` keep is there."""
    training = checkpoint.options
    photographs = read_frame(layout.coins, remedy=INGEST_AGAIN)
    metrics = read_frame(layout.metrics)
    metrics = metrics[metrics["epoch"] <= epoch]
    outlines = read_outlines(layout, explained.coins) if training.background == "remove" else None
    alone = None if outlines is None else sum(outline is not None for outline in outlines)
    return assemble(
        layout,
        explanation,
        explained,
        adopted=checkpoint.adopted is not None,
        training=training,
        outlines=outlines or [None] * len(explained.coins),
        facts=facts(
            photographs,
            training,
            options.target_for(training.trainer),
            epoch,
            explained.coins,
            checkpoint,
            alone,
        ),
        warnings=warnings_of(metrics, explained.coins, training),
        metrics=metrics,
        broken=photographs.loc[photographs["error"].notna(), ["path", "error"]],
        failed=failures,
    )


def warnings_of(metrics: pd.DataFrame, coins: pd.DataFrame, options: TrainingOptions) -> list[str]:
    """Return what speaks against the clusters of some coins and their maps, by figures of the training."""
    warnings = diagnose(records(metrics), n_coins=len(coins), k=options.k)
    told = lattice(options.network)
    return warnings if told is None else [*warnings, told]
