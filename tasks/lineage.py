"""Lineage: what was made of what, told to a Prefect server as its assets.

Only what was made now is told, never what was found done.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from prefect.assets import Asset
from prefect.context import AssetContext, FlowRunContext, TaskRunContext
from prefect.states import Completed

from storage import checkpoints, runs
from storage.fingerprint import hash_file
from storage.layout import ExplanationLayout, RunLayout
from storage.manifest import Origin
from storage.tables import read_frame
from tasks.mirror import address
from tasks.running.assets import checkpoint_asset, explanation_asset, page_asset, photographs_asset, run_asset
from tasks.training.metrics import Metrics

log = logging.getLogger(__name__)

HOW = ("k", "seed", "profile", "trainer", "network", "description", "front", "orientation")
"""Options of a training by which people tell runs apart; what is as usual need not be there."""
FIGURES = ("seed_stability_ami", "label", "ami_to_label", "warnings")
"""Of an epoch, by the names that they have in the run's metrics."""


def tell_training(layout: RunLayout, epoch: int) -> None:
    """Tell that a run has a new checkpoint, of which photographs it is, and its figures."""
    _tell(_training, layout, epoch)


def tell_explanation(
    layout: RunLayout, explanation: ExplanationLayout, made_from: Origin, shown: Mapping[str, float]
) -> None:
    """Tell that a checkpoint has a new explanation and page.

    Args:
        layout: the run.
        explanation: of the run; its manifest is written.
        made_from: what the manifest says that it was made from.
        shown: figures by name: how many coins and clusters are shown, and what recognition says of them.
    """
    _tell(_explanation, layout, explanation, made_from, shown)


def _tell(tell: Callable[..., None], *arguments: Any) -> None:
    """Tell inside of a flow run; what goes wrong there fails no work."""
    if FlowRunContext.get() is None and TaskRunContext.get() is None:
        return
    try:
        tell(*arguments)
    except Exception as error:
        log.warning("the Prefect server is not told what was made of what (%s)", error)


def _training(layout: RunLayout, epoch: int) -> None:
    record, images, name = runs.read_record(layout), runs.source_of(layout), layout.root.name
    identity, errors = record["identity"], read_frame(layout.coins, ["error"])["error"]
    training, coins = identity["training"], int(errors.isna().sum())
    photographs = photographs_asset(identity["photographs"], folder=images.name)
    run, checkpoint = run_asset(name), checkpoint_asset(name, epoch)
    found = {"folder": str(images), "coins": coins, "broken": int(errors.notna().sum())}
    _made(photographs, {**found, "fingerprint": identity["photographs"]}, of=[])
    how = {key: training[key] for key in HOW if key in training}
    place = {"run_folder": address(layout)}
    _made(run, {**place, **how, "coins": coins, "fingerprint": record["fingerprint"]}, of=[photographs])
    row = Metrics(layout).row(epoch)
    made = {
        **place,
        "epoch": epoch,
        "checkpoint_sha256": checkpoints.hash_of(layout, epoch),
        "coins": coins,
        "k": training["k"],
        **{figure: row[figure] for figure in FIGURES if row.get(figure) is not None},
    }
    _made(checkpoint, made, of=[run])


def _explanation(
    layout: RunLayout, explanation: ExplanationLayout, made_from: Origin, shown: Mapping[str, float]
) -> None:
    name, epoch = layout.root.name, made_from["epoch"]
    asset = explanation_asset(name, explanation.root.name)
    made = {
        "folder": str(explanation.root.resolve()),
        "epoch": epoch,
        "checkpoint_sha256": made_from["checkpoint_sha256"],
        "manifest_sha256": hash_file(explanation.manifest),
        "options": made_from["attribution"]["options"],
        "failures": len(made_from["failures"]),
    }
    _made(asset, {**shown, **made}, of=[checkpoint_asset(name, epoch)])
    page = {"page": str(explanation.report.resolve()), "epoch": epoch, "explanation": explanation.root.name}
    _made(page_asset(name), {**shown, **page}, of=[asset])


def _made(asset: Asset, metadata: dict[str, object], *, of: list[Asset]) -> None:
    # What a task with @materialize does at its end. Here what is made is known only while the task runs.
    context = AssetContext(
        downstream_assets={asset},
        direct_asset_dependencies={*of},
        materialization_metadata={asset.key: metadata},
    )
    context.emit_events(Completed())
