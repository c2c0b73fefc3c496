"""What a tracker is told of a finished run: its settings, figures by epoch, words and files."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from coin_xai.catalogue.wording import count
from coin_xai.evidence.recognition_tables import NETWORK, told
from storage import checkpoints, runs
from storage.errors import MissingError
from storage.manifest import read_origin
from storage.tables import csv_bytes, read_frame
from tasks.comparing.finished_run import FinishedRun
from tasks.running.kept_times import begun_at, read_times
from tasks.running.markdown import plain
from tasks.tracking.clusters_picture import clusters_picture

EPOCHS = "epochs"
"""A setting that grows when a run is trained further; a tracker keeps settings for good, figures by epoch."""

NO_FIGURES = ("epoch", "kmeans_seed")
"""Columns of numbers in the table of figures that measure nothing."""


class Figure(NamedTuple):
    """A number that is known of a run at an epoch, by its name in our own tables."""

    name: str
    value: float
    epoch: int


@dataclass(frozen=True)
class TrackedRun:
    """What is told of a run.

    Attributes:
        name: of the run.
        fingerprint: of what it is of; with the name it tells the run from all others.
        settings: by name.
        figures: of each epoch, and of its clusters at the last one.
        about: texts by name: where photographs and page lie, which checkpoint, which versions.
        words: what was found, as Markdown.
        files: by name: clusters and scores of its coins, curves, typical coins of its clusters.
        begun: when work on it began.
        ended: the same and the time that all of its stages took, so that pauses do not count.
    """

    name: str
    fingerprint: str
    settings: Mapping[str, str]
    figures: Sequence[Figure]
    about: Mapping[str, str]
    words: str
    files: Mapping[str, bytes]
    begun: datetime
    ended: datetime


def tracked(run: FinishedRun) -> TrackedRun:
    """Return what a tracker is told of a run.

    Raises:
        DamagedError: a file of it cannot be read.
    """
    begun = begun_at(run.layout)
    return TrackedRun(
        name=run.name,
        fingerprint=runs.read_record(run.layout)["fingerprint"],
        settings={name: str(value) for name, value in run.settings.items() if name != EPOCHS},
        figures=_each_once(_figures(run)),
        about=_about(run),
        words=_words(run),
        files=_files(run),
        begun=begun,
        ended=begun + timedelta(seconds=sum(one.wall_s for one in read_times(run.layout))),
    )


def _each_once(figures: Iterator[Figure]) -> list[Figure]:
    """Return what is known; of two figures of one name and epoch the last, which is of the final clusters."""
    found = {(one.name, one.epoch): one for one in figures if math.isfinite(one.value)}
    return list(found.values())


def _figures(run: FinishedRun) -> Iterator[Figure]:
    if run.layout.metrics.exists():
        rows = read_frame(run.layout.metrics)
        rows = rows[rows["epoch"] <= run.epoch]
        for name in rows.select_dtypes("number").columns.difference(NO_FIGURES, sort=False):
            for epoch, value in zip(rows["epoch"].tolist(), rows[name].tolist(), strict=True):
                yield Figure(name, value, epoch)
    yield Figure(EPOCHS, run.epoch, run.epoch)
    yield Figure("coins", len(run.partition), run.epoch)
    yield Figure("clusters", run.partition["cluster"].nunique(), run.epoch)
    if "stability" in run.partition:
        yield Figure("stability", float(run.partition["stability"].mean()), run.epoch)
    recognition = run.recognition()
    if recognition is None:
        return
    for row in recognition.summary.to_dict("records"):
        own = row["what"] == NETWORK
        name = "recognition" if own else f"recognition_{row['what']}"
        yield Figure(name, row["recognition"], run.epoch)
        if own:
            yield Figure("recognition_low", row["low"], run.epoch)
            yield Figure("recognition_high", row["high"], run.epoch)


def _about(run: FinishedRun) -> dict[str, str]:
    about = {"folder": str(run.layout.root), "checkpoint": checkpoints.hash_of(run.layout, run.epoch)}
    with suppress(MissingError):  # they were moved; which they were stands among the settings, as their hash
        about["photographs"] = str(runs.source_of(run.layout))
    if run.explanation is not None:
        about["page"] = str(run.explanation.report)
        versions = read_origin(run.explanation.root)["versions"]
        about["versions"] = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    return about


def _words(run: FinishedRun) -> str:
    clusters = count(run.partition["cluster"].nunique(), "cluster")
    parts = [f"{count(len(run.partition), 'coin')} in {clusters} after {count(run.epoch, 'epoch')}."]
    recognition = run.recognition()
    if recognition is not None:
        parts.append(plain(told(recognition)))
    parts += [f"Warning: {plain(warning)}" for warning in run.warnings()]
    for row in run.verdicts().to_dict("records"):
        parts.append(f"Claim {row['number']}, {plain(row['claim'])}: {plain(row['verdict'])}")
    return "\n\n".join(parts) + "\n"


def _files(run: FinishedRun) -> dict[str, bytes]:
    files = {"assignments.csv": csv_bytes(run.partition)}
    if run.layout.curves.exists():
        files["curves.png"] = run.layout.curves.read_bytes()
    if run.explanation is not None:
        suffix = str(read_origin(run.explanation.root)["attribution"]["options"]["pictures"])
        picture = clusters_picture(
            run.explanation, run.partition, run.recognition(), epoch=run.epoch, pictures=suffix
        )
        if picture is not None:
            files["clusters.jpg"] = picture
    return files
