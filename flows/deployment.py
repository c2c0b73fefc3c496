"""The flows as deployments of one process, for those who want neither pool nor worker."""

import os
from pathlib import Path
from typing import cast

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.schedules import Cron

from flows.backfill import backfill_explanations
from flows.claims import ask_claims
from flows.experiment import experiment
from flows.explain_clusters import explain_clusters
from flows.forms.form import close
from flows.parameters import RUNS
from flows.study import study
from flows.train_clusters import train_clusters
from tasks.running.assets import CHECKPOINT_FINISHED

# Not the names of those that a worker runs: a deployment that was made for a pool stays in it.
TRAIN, EXPLAIN, STUDY, BACKFILL = "train-here", "explain-here", "study-here", "backfill-here"
CLAIMS, EXPERIMENT = "claims-here", "experiment-here"
TAG = "coin-xai"


def serve_flows(images: Path, runs: str) -> None:
    """Offer the flows to the configured Prefect server, and run what it asks for, until stopped."""
    from storage.place import is_url

    place = runs if is_url(runs) else str(Path(runs).resolve())
    os.environ[RUNS] = place  # for whoever starts a run with a `place` that names no folder
    places: dict[str, dict[str, str]] = {
        "photographs": {"images": str(images.resolve())},
        "place": {"runs": place},
    }
    # One at a time: a second run waits for its turn instead of failing on the lock of the run folder.
    limit = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
    deployments = [
        train_clusters.to_deployment(
            TRAIN, parameters=places, concurrency_limit=limit, tags=[TAG, "training"]
        ),
        explain_clusters.to_deployment(
            EXPLAIN,
            triggers=[explain_each_checkpoint()],
            concurrency_limit=limit,
            tags=[TAG, "explanation"],
        ),
        study.to_deployment(STUDY, parameters=places, concurrency_limit=limit, tags=[TAG, "study"]),
        experiment.to_deployment(
            EXPERIMENT, parameters={"place": {"runs": place}}, concurrency_limit=limit, tags=[TAG, "study"]
        ),
        ask_claims.to_deployment(CLAIMS, concurrency_limit=limit, tags=[TAG, "claims"]),
    ]
    if not is_url(place):  # a store cannot be searched for what lacks an explanation
        deployments.append(
            backfill_explanations.to_deployment(
                BACKFILL,
                parameters={"checkpoints": {"runs": place}},
                schedule=Cron("0 * * * *", timezone="Europe/Berlin", active=False, slug="hourly"),
                concurrency_limit=limit,
                tags=[TAG, "explanation"],
            )
        )
    serve(*map(close, cast(list[RunnerDeployment], deployments)))


def explain_each_checkpoint() -> DeploymentEventTrigger:
    """Return the trigger that explains exactly the checkpoint that a training has just finished."""
    return DeploymentEventTrigger(
        name="explain each new checkpoint",
        expect={CHECKPOINT_FINISHED},
        match={"prefect.resource.id": "coinxai://checkpoints/*"},
        parameters={
            "run_folder": "{{ event.payload.run_folder }}",
            # A plain template is always a text; the epoch is a number.
            "epoch": {
                "__prefect_kind": "json",
                "value": {"__prefect_kind": "jinja", "template": "{{ event.payload.epoch }}"},
            },
        },
    )
