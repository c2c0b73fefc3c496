"""The explanation flow: extract, transform, load, publish."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from coin_xai.attribution.options import ExplanationOptions
from flows.failures import RunFailedError, tolerated
from flows.parameters import Work
from storage.errors import RunBusyError
from storage.layout import ExplanationLayout, RunLayout
from storage.lock import holding
from storage.runs import find
from tasks.collection import Shard, shards
from tasks.extract import Extracted, chosen, extract
from tasks.failures import Failure
from tasks.load import load
from tasks.publish import publish
from tasks.steps import run
from tasks.stream import following
from tasks.summarise import summarise
from tasks.transform import transform

log = logging.getLogger(__name__)

# More task runs than this make the graph of a run unreadable and the server slow.
MOST_SHARDS = 80

SECONDS_TO_PUBLISH = 300

Epoch = Annotated[int, Field(ge=1, description="Epoch of the checkpoint; the last finished one if empty.")]


@flow(name="explain-clusters", flow_run_name="explain {run_folder.name}")
def explain_clusters(
    run_folder: Path,
    epoch: Epoch | None = None,
    explanation: ExplanationOptions = ExplanationOptions(),
    work: Work = Work(),
) -> Path:
    """Explain every coin of a trained run for its cluster; what is on disk already is not done again.

    A cluster that fails does not stop the others. Several processes can explain a run together, each its own
    clusters; the one that ends last publishes.

    Returns:
        The folder of the explanation.

    Raises:
        RunFailedError: more clusters failed than allowed; it lists them, and the next run does only those.
    """
    layout = find(run_folder)
    alone = not work.clusters
    # Another part may be publishing just now.
    with holding(layout.lock, shared=not alone, patience_s=0 if alone else SECONDS_TO_PUBLISH):
        extracted = run(extract, run_folder, epoch=epoch, options=explanation, alone=alone)
        files = layout.explanation(extracted["explanation"])
        clusters = chosen(extracted, work.clusters)
        with _own(files, [] if alone else clusters):
            parts = shards(files, clusters, at_most=MOST_SHARDS)
            failures = _explain(run_folder, extracted, explanation, work, parts)
        if alone:
            _publish(run_folder, extracted, explanation, failures)
    if not alone:
        _publish_if_last(layout, extracted, explanation, failures)
    if len({failure.cluster for failure in failures}) > work.max_failed_clusters:
        raise RunFailedError(failures)
    return files.root


def _explain(
    run_folder: Path,
    extracted: Extracted,
    explanation: ExplanationOptions,
    work: Work,
    parts: list[Shard],
) -> list[Failure]:
    """Transform shard after shard, and load each while the next ones are transformed."""
    common = {**_common(extracted, explanation), "reuse": work.reuse}
    failures: list[Failure] = []

    def load_behind(mapped: Shard) -> None:
        with tolerated(failures, mapped.clusters):
            run(load, run_folder, shard=mapped, **common)

    with following() as follow:
        for shard in parts:
            unmapped: list[Failure] = []
            with tolerated(unmapped, shard.clusters):
                run(transform, run_folder, shard=shard, **common)
            failures += unmapped
            mapped = [one for one in shard.clusters if one not in {failure.cluster for failure in unmapped}]
            if mapped:
                follow(partial(load_behind, shard._replace(clusters=mapped)))
    # In one order, whoever was quicker, since the manifest lists them.
    return sorted(failures, key=lambda failure: (failure.cluster, failure.chunk or 0))


def _publish(
    run_folder: Path, extracted: Extracted, explanation: ExplanationOptions, failures: list[Failure]
) -> None:
    listed = [(failure.which, failure.reason) for failure in failures]
    common = _common(extracted, explanation)
    run(publish, run_folder, failures=listed, **common)
    run(summarise, run_folder, failures=listed, **common)


def _publish_if_last(
    layout: RunLayout, extracted: Extracted, explanation: ExplanationOptions, failures: list[Failure]
) -> None:
    try:
        with holding(layout.lock):
            _publish(layout.root, extracted, explanation, failures)
    except RunBusyError:
        log.info("others still explain clusters of this run; who ends last publishes")


@contextmanager
def _own(files: ExplanationLayout, clusters: list[int]) -> Iterator[None]:
    """Hold the locks of some clusters, so that no two processes explain the same one."""
    with ExitStack() as locks:
        for cluster in clusters:
            locks.enter_context(holding(files.lock(cluster)))
        yield


def _common(extracted: Extracted, explanation: ExplanationOptions) -> Extracted:
    return {
        "explanation": extracted["explanation"],
        "epoch": extracted["epoch"],
        "options": explanation,
    }
