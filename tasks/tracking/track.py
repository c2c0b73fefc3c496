"""Track: what is known of finished runs, written to MLflow."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from storage.errors import MissingError, UnreachableError
from storage.layout import file_stem
from tasks.comparing.finished_run import read_finished
from tasks.tracking.tracked_run import Figure, TrackedRun, tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENT = "coin-xai"

# Tags that MLflow itself shows or looks for.
NOTE, SOURCE = "mlflow.note.content", "mlflow.source.name"

# Of our own: by the first two a run is found again, whatever somebody has called it in MLflow since.
NAME, FINGERPRINT = "coin_xai.name", "coin_xai.fingerprint"

AT_ONCE = 1000
"""Figures in one request; MLflow refuses more."""

ARTIFACTS = "mlartifacts"
"""Folder of ours, beside a database of SQLite."""

UNWANTED = "mlruns"
"""Folder that MLflow puts artifacts into unless it is told otherwise."""


class Kept(NamedTuple):
    """Where MLflow keeps a run.

    Attributes:
        name: of the run of coin-xai.
        run_id: that MLflow has given it.
        new: whether MLflow had none of it before.
    """

    name: str
    run_id: str
    new: bool


class Store(NamedTuple):
    """An experiment of MLflow.

    Attributes:
        uri: address of the store, for people: without its password.
        runs: in the order in which they were given.
    """

    uri: str
    runs: Sequence[Kept]


def track(folders: Sequence[Path], *, uri: str | None = None, experiment: str = EXPERIMENT) -> Store:
    """Write settings, figures, pictures and clusters of finished runs to MLflow, one run of its own for each.

    A run that is there already gets what it lacks and what has changed, and nothing twice.

    Args:
        folders: of the runs.
        uri: address of MLflow's store or server; without it the one that MLflow is set up with, by default
            `mlflow.db` in the folder one works in.
        experiment: that the runs belong to; made where it is not there.

    Raises:
        MissingError: MLflow is not installed, its experiment of that name was deleted, or a run is not
            finished.
        DamagedError: a file of a run cannot be read.
        UnreachableError: MLflow cannot be reached at that address, or refuses.
    """
    told = [tracked(read_finished(folder)) for folder in folders]
    there = Path(UNWANTED).exists()
    client = _client(uri)
    try:
        with _refusals_explained(client.tracking_uri):
            place = _experiment(client, experiment)
            return Store(_shown(client.tracking_uri), [_keep(client, place, one) for one in told])
    finally:
        if not there:
            with suppress(OSError):  # MLflow makes it wherever one works; it goes where nothing is in it
                Path(UNWANTED).rmdir()


def _client(uri: str | None) -> "MlflowClient":
    # It would tell its makers of every use.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # It would ask a server that is away for more than two minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    try:
        from mlflow import MlflowClient, get_tracking_uri
    except ImportError as error:
        raise MissingError(f"MLflow is not installed ({error}): pip install 'coin-xai[mlflow]'") from error
    address = uri or get_tracking_uri()
    with _refusals_explained(address):
        return MlflowClient(tracking_uri=address)


@contextmanager
def _refusals_explained(uri: str) -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    try:
        yield
    # A missing driver of a database is an ImportError, a server that is away or a full disk an OSError.
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        told, password = str(error).replace(uri, _shown(uri)), _password(uri)
        if password:
            told = told.replace(password, "***")
        raise UnreachableError(
            f"MLflow at {_shown(uri)} cannot be used ({told}); look at its address (--uri), then run it again"
        ) from None  # whose text may hold the password


def _shown(uri: str) -> str:
    """Return an address without its password."""
    return uri if _password(uri) is None else make_url(uri).render_as_string(hide_password=True)


def _password(uri: str) -> str | None:
    try:
        return make_url(uri).password
    except ArgumentError:
        return None


def _experiment(client: "MlflowClient", name: str) -> str:
    """Return the id of an experiment, made now where there is none of that name."""
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "deleted":
        raise MissingError(
            f"the experiment {name} was deleted in MLflow: restore it there, or name another (--experiment)"
        )
    if found is not None:
        return str(found.experiment_id)
    artifacts = None
    if client.tracking_uri.startswith("sqlite:"):
        database = Path(make_url(client.tracking_uri).database or "").resolve()
        artifacts = (database.parent / ARTIFACTS / file_stem(name)).as_uri()
    return str(client.create_experiment(name, artifact_location=artifacts))


def _keep(client: "MlflowClient", experiment: str, one: TrackedRun) -> Kept:
    from mlflow.entities import Metric, Param, RunTag

    before = _find(client, experiment, one)
    run = before or client.create_run(
        experiment,
        start_time=_ms(one.begun),
        run_name=one.name,
        tags={NAME: one.name, FINGERPRINT: one.fingerprint, SOURCE: EXPERIMENT},
    )
    run_id, now = run.info.run_id, round(time.time() * 1000)
    tags = {NOTE: one.words, **{f"coin_xai.{name}": value for name, value in one.about.items()}}
    client.log_batch(
        run_id,
        params=[Param(*setting) for setting in one.settings.items()],
        tags=[RunTag(*tag) for tag in tags.items()],
    )
    new = _unknown(client, run, one.figures)
    for first in range(0, len(new), AT_ONCE):
        client.log_batch(
            run_id,
            [Metric(figure.name, figure.value, now, figure.epoch) for figure in new[first : first + AT_ONCE]],
        )
    with TemporaryDirectory() as folder:
        for name, content in one.files.items():
            (Path(folder) / name).write_bytes(content)
        client.log_artifacts(run_id, folder)
    client.set_terminated(run_id, "FINISHED", _ms(one.ended))
    return Kept(one.name, run_id, before is None)


def _find(client: "MlflowClient", experiment: str, one: TrackedRun) -> "Run | None":
    """Return the run of MLflow that is of the same run of coin-xai."""
    found = client.search_runs([experiment], f"tags.`{FINGERPRINT}` = '{one.fingerprint}'")
    return next((run for run in found if run.data.tags.get(NAME) == one.name), None)


def _unknown(client: "MlflowClient", run: "Run", figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures that MLflow does not have, or has another value of."""
    known = {}
    for name in run.data.metrics:
        history = client.get_metric_history(run.info.run_id, name)
        for one in sorted(history, key=lambda metric: metric.timestamp):
            known[name, one.step] = one.value
    return [one for one in figures if known.get((one.name, one.epoch)) != one.value]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
