"""What is known of one finished run, for whoever compares it with others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.evidence.recognition_tables import RecognitionTables
from storage import checkpoints, runs
from storage.fingerprint import SHOWN_DIGITS, hash_file
from storage.layout import ExplanationLayout, RunLayout
from storage.manifest import read_origin
from storage.tables import read_frame
from tasks.claims.kept import read_claims
from tasks.collection import INGEST_AGAIN, training_of, usable_coins
from tasks.explaining.recognition import read_recognition
from tasks.page.annotate import read_annotations
from tasks.page.report import warnings_of

PLACES = ("features", "init_assignments", "init_weights")
"""Options that say where something lies; what it is stands in the identity of the run."""

HASHED = ("photographs", "initial_weights", "description_weights", "features", "init_assignments")
"""Parts of the identity that are hashes of contents."""


@dataclass(frozen=True)
class FinishedRun:
    """A run whose training has ended.

    Attributes:
        layout: its files.
        epoch: of its last finished checkpoint, whose partition is compared.
        settings: by name; what is the same in runs that learn the same.
        partition: coin_id, cluster, score, and stability where it is known, by coin_id.
        explanation: of that very partition; None where there is none.
        photographs: any explanation, whose small photographs can be shown; None where there is none.
    """

    layout: RunLayout
    epoch: int
    settings: Mapping[str, object]
    partition: pd.DataFrame
    explanation: ExplanationLayout | None
    photographs: ExplanationLayout | None

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.layout.root.name

    def coins(self) -> pd.DataFrame:
        """Return its table of coins."""
        return usable_coins(self.layout)

    def matching(self) -> npt.NDArray[np.int64] | None:
        """Return the coins that match each of its coins best (N x count); None where parts were not matched.

        Raises:
            DamagedError: the checkpoint cannot be read.
        """
        if not training_of(self.layout).matches:
            return None  # checkpoints can be large, and this one holds none
        training = checkpoints.load(self.layout, self.epoch).get("training", {})
        found = training.get("matching")
        return None if found is None else np.asarray(found)

    def recognition(self) -> RecognitionTables | None:
        """Return which of its coins are recognised when held out, where that is known of these clusters."""
        return None if self.explanation is None else read_recognition(self.explanation)

    def warnings(self) -> Sequence[str]:
        """Return what speaks against its clusters."""
        if not self.layout.metrics.exists():
            return ()
        metrics = read_frame(self.layout.metrics)
        options = training_of(self.layout)
        return warnings_of(metrics[metrics["epoch"] <= self.epoch], self.partition, options)

    def verdicts(self) -> pd.DataFrame:
        """Return number, claim and verdict of the claims that its page answers."""
        claims = None if self.explanation is None else read_claims(self.explanation)
        found = [] if claims is None else claims.answers.findings
        rows = [(one.number, one.claim, one.verdict) for one in found]
        return pd.DataFrame(rows, columns=["number", "claim", "verdict"])

    def names(self) -> Mapping[int, str]:
        """Return the names of its clusters, as somebody noted them on its page or gave them."""
        given = {}
        if "cluster_name" in self.partition:
            known = self.partition.drop_duplicates("cluster")
            given = dict(zip(known["cluster"], known["cluster_name"], strict=True))
        if self.explanation is None:
            return given
        notes = read_annotations(self.layout)
        own = (notes["explanation"] == self.explanation.root.name) & (notes["about"] == "cluster")
        named = notes[own & notes["name"].notna()]
        return {**given, **dict(zip(named["cluster"].astype(int), named["name"], strict=True))}

    def content(self) -> list[object]:
        """Return plain values that change with whatever a comparison shows of the run."""
        layout = self.layout
        files = [layout.coins, layout.final_assignments(self.epoch), layout.annotations, layout.metrics]
        if layout.baselines.exists():
            files.append(layout.baselines)
        if self.photographs is not None:
            files.append(self.photographs.manifest)
        hashes = [hash_file(file) if file.exists() else None for file in files]
        return [self.name, runs.read_record(layout)["fingerprint"], self.epoch, hashes]


def read_finished(folder: Path) -> FinishedRun:
    """Read a run.

    Raises:
        MissingError: there is none in the folder, or its training has not ended.
        DamagedError: a file of it cannot be read.
    """
    layout = runs.find(folder.resolve())  # of a run that is called "." the name and what lies beside it
    epoch = checkpoints.require_finished(layout, None)
    partition = read_frame(layout.final_assignments(epoch), remedy=INGEST_AGAIN)
    partition = partition.sort_values("coin_id", kind="stable", ignore_index=True)
    latest = _latest(layout)
    return FinishedRun(
        layout=layout,
        epoch=epoch,
        settings=_settings(layout, epoch),
        partition=partition,
        explanation=latest if latest is not None and _is_of(latest, epoch, partition) else None,
        photographs=latest,
    )


def _latest(layout: RunLayout) -> ExplanationLayout | None:
    there = (layout.latest / "manifest.json").exists()
    return ExplanationLayout(layout.latest.resolve()) if there else None


def _is_of(explanation: ExplanationLayout, epoch: int, partition: pd.DataFrame) -> bool:
    """Tell whether an explanation is of that very partition."""
    if read_origin(explanation.root)["epoch"] != epoch:
        return False
    columns = ["coin_id", "cluster"]
    explained = read_frame(explanation.assignments, columns).sort_values("coin_id", kind="stable")
    return bool(explained.to_numpy().tolist() == partition[columns].to_numpy().tolist())


def _settings(layout: RunLayout, epoch: int) -> dict[str, object]:
    """Return the settings of a run in one level, the most telling first."""
    options = training_of(layout).model_dump(mode="json", exclude=set(PLACES))
    identity = runs.read_record(layout)["identity"]
    settings: dict[str, object] = {"k": options.pop("k"), "epochs": epoch, "seed": options.pop("seed")}
    for name, value in options.items():
        settings.update(value if isinstance(value, dict) else {name: value})
    for name, value in identity.items():
        if name not in ("training", "pixels"):
            settings[name] = str(value)[:SHOWN_DIGITS] if name in HASHED and value is not None else value
    return {name: value for name, value in settings.items() if value is not None}
