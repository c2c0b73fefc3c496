"""The explanation flow: extract, transform, load, publish."""

import logging
from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from coin_xai.attribution.options import ExplanationOptions
from flows.failures import RunFailedError, tolerated
from storage.lock import holding
from storage.runs import find
from tasks.extract import extract
from tasks.load import load
from tasks.publish import publish
from tasks.steps import run
from tasks.summarise import summarise
from tasks.transform import transform

log = logging.getLogger(__name__)

# More task runs than this make the graph of a run unreadable and the server slow.
MOST_SHARDS = 80

Epoch = Annotated[int, Field(ge=1, description="Epoch of the checkpoint; the last finished one if empty.")]


@flow(name="explain-clusters", flow_run_name="explain {run_folder.name}")
def explain_clusters(
    run_folder: Path, epoch: Epoch | None = None, explanation: ExplanationOptions = ExplanationOptions()
) -> Path:
    """Explain every coin of a trained run for its cluster; what is on disk already is not done again.

    A cluster that fails does not stop the others.

    Returns:
        The folder of the explanation.

    Raises:
        RunFailedError: some clusters failed; it lists them, and the next run does only those.
    """
    layout = find(run_folder)
    with holding(layout.lock):
        extracted = run(extract, run_folder, epoch=epoch, options=explanation)
        common = {
            "explanation": extracted["explanation"],
            "epoch": extracted["epoch"],
            "options": explanation,
        }
        failures: list[tuple[str, str]] = []
        for clusters in shards(extracted["clusters"]):
            with tolerated(failures, clusters):
                run(transform, run_folder, clusters=clusters, **common)
                run(load, run_folder, clusters=clusters, **common)
        run(publish, run_folder, failures=failures, **common)
        run(summarise, run_folder, failures=failures, **common)
    if failures:
        raise RunFailedError(failures)
    return layout.explanation(extracted["explanation"]).root


def shards(clusters: list[int]) -> list[list[int]]:
    """Divide the clusters such that one task run each keeps the graph readable."""
    size = -(-len(clusters) // MOST_SHARDS)
    return [clusters[start : start + size] for start in range(0, len(clusters), size)]
