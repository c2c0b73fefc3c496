"""How much a flow run has done: photographs, chunks, bytes and seconds.

Prefect shows it with the run. OpenTelemetry counts the same where it is set up; otherwise its API does
nothing.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from opentelemetry.metrics import get_meter

from storage.markers import read_marker
from tasks.running.reports import report

if TYPE_CHECKING:
    from prefect.types import KeyValueLabels

TRAINED, EXPLAINED = "photographs_trained", "photographs_explained"
TRAINING_S, EXPLAINING_S = "seconds_training", "seconds_explaining"
CHUNKS, FAILED, WRITTEN = "chunks_done", "chunks_failed", "bytes_written"
RATES = {"photographs_trained_a_second": (TRAINED, TRAINING_S)}
RATES |= {"photographs_explained_a_second": (EXPLAINED, EXPLAINING_S)}

_meter = get_meter("coin_xai")
_counters = {
    name: _meter.create_counter(f"coin_xai.{name}", unit=unit, description=description)
    for name, unit, description in (
        (
            TRAINED,
            "{photograph}",
            "Photographs passed through the network in training, each as often as it was.",
        ),
        (TRAINING_S, "s", "Time spent in epochs of training."),
        (EXPLAINED, "{photograph}", "Photographs whose maps were computed and kept."),
        (EXPLAINING_S, "s", "Time spent computing maps."),
        (CHUNKS, "{chunk}", "Chunks whose maps were computed and kept."),
        (FAILED, "{chunk}", "Chunks, or clusters as a whole, that failed in the end."),
        (WRITTEN, "By", "Size of the maps, pictures and finished checkpoints written."),
    )
}
_done: Counter[str] = Counter()
_lock = threading.Lock()


def count(name: str, amount: float) -> None:
    """Add to what this process has done, from whatever thread."""
    if amount:
        with _lock:
            _done[name] += amount  # type: ignore[assignment]
        _counters[name].add(amount)


def count_folder(folder: Path) -> None:
    """Count the bytes of a folder that was finished just now."""
    marker = read_marker(folder)
    if marker is not None:
        count(WRITTEN, sum(file["bytes"] for file in marker["files"].values()))


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Count the seconds that a block takes."""
    begun = time.monotonic()
    try:
        yield
    finally:
        count(name, time.monotonic() - begun)


@contextmanager
def metered(flow_run: UUID) -> Iterator[None]:
    """Leave with a flow run what was done while a block ran: as its labels, and as a table to look at."""
    before = _snapshot()
    try:
        yield
    finally:
        figures = with_rates(_snapshot() - before)
        if figures:
            # Late: processes that train together count, have no flow run, and start without Prefect.
            from prefect.artifacts import create_table_artifact

            report(("labels", flow_run), partial(_label, flow_run, figures))
            rows = [{"what": name, "how much": value} for name, value in figures.items()]
            tell = partial(create_table_artifact, rows, description="How much this run has done.")
            report(("metrics", flow_run), tell)


def with_rates(done: Counter[str]) -> dict[str, int | float]:
    """Return what was done by name, and how many photographs a second."""
    figures: dict[str, int | float] = {name: _short(done[name]) for name in _counters if done[name]}
    for name, (photographs, seconds) in RATES.items():
        if done[photographs] and done[seconds]:
            figures[name] = _short(done[photographs] / done[seconds])
    return figures


def _snapshot() -> Counter[str]:
    with _lock:
        return Counter(_done)


def _label(flow_run: UUID, figures: dict[str, int | float]) -> None:
    from prefect.client.orchestration import get_client

    labels: KeyValueLabels = {f"coin_xai.{name}": value for name, value in figures.items()}
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(flow_run, labels)


def _short(value: float) -> int | float:
    return value if isinstance(value, int) else round(value, 3)
