"""What is kept of the recognition of held-out coins: who finds it writes it, who shows it reads it."""

from pathlib import Path

import pandas as pd

from coin_xai.evidence.recognition_tables import RecognitionTables
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout
from storage.markers import read_marker
from storage.tables import csv_bytes, read_frame
from tasks.collection import chunks

RECOGNITION_VERSION = "recognition-1"
"""Changes whenever the same run would be judged otherwise."""

TABLES = ("coins", "clusters", "summary")


def recognition_fingerprint(explanation: ExplanationLayout) -> str | None:
    """Return what makes the recognition of an explanation the same: its coins, clusters and features.

    None where the features of some coins are not there, so that nothing can be said of all.
    """
    assignments = read_frame(explanation.assignments, ["coin_id", "cluster"])
    features = []
    for chunk in chunks(explanation, sorted(assignments["cluster"].unique().tolist())):
        marker = read_marker(explanation.maps(*chunk.place))
        if marker is None:
            return None
        features.append([*chunk.place, {name: facts["sha256"] for name, facts in marker["files"].items()}])
    coins = assignments.to_numpy().tolist()
    return fingerprint([RECOGNITION_VERSION, explanation.root.name, coins, features])


def write_recognition(folder: Path, tables: RecognitionTables) -> None:
    """Write the tables into a folder, as Parquet and CSV."""
    for name in TABLES:
        table: pd.DataFrame = getattr(tables, name)
        table.to_parquet(folder / f"{name}.parquet", index=False)
        (folder / f"{name}.csv").write_bytes(csv_bytes(table))


def read_recognition(explanation: ExplanationLayout) -> RecognitionTables | None:
    """Return the tables of an explanation; None where its coins, clusters or features are others by now."""
    marker = read_marker(explanation.recognition)
    if marker is None or marker.get("fingerprint") != recognition_fingerprint(explanation):
        return None
    return RecognitionTables(*(read_frame(explanation.recognition / f"{name}.parquet") for name in TABLES))
