"""Which coins a page can show: those whose maps and pictures are whole, with what their maps hold."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.attribution.methods import HEAT_METHODS, LEADING, leading
from coin_xai.evidence.recognition_tables import RecognitionTables
from storage.layout import ExplanationLayout
from storage.maps import read_maps
from storage.markers import read_marker
from tasks.collection import chunks
from tasks.explaining.attribute import ENGINE
from tasks.explaining.recognition import read_recognition

GRADIENTS = ("gradient", "deconvnet", "guided_backpropagation")
"""Columns of raw maps that are gradients of the photograph, and are drawn as pictures of their own."""

MATCHED = ("match_own", "match_other", "match_other_cluster")
"""Columns beside match maps: the likeness to a coin's own cluster, to the nearest other one, and its id."""

NOT_RECORDED = "not recorded"
"""The engine of maps that are older than this column."""

SCALE = "_scale"
"""What the column with the size of a gradient has behind the gradient's name."""

READ = {
    ENGINE,
    "no_positive_evidence",
    *HEAT_METHODS,
    *MATCHED,
    *(f"{name}_maximum" for name in LEADING),
    *(name + SCALE for name in GRADIENTS),
}
"""Of the columns of raw maps; the gradients themselves are by far the largest, and only drawn."""


@dataclass(frozen=True)
class Explained:
    """The coins that are explained.

    Attributes:
        coins: the assignments, with `engine`, `cam_maximum` and `no_positive_evidence`, and where recognition
            is known `fold`, `recognised`, `recognised_as` and `maps_are_evidence`; by coin_id (N).
        heats: by method, the raw maps of a layer (N x h x w).
        gradients: names of the gradients of the photograph that are there.
        recognition: of held-out coins; None where some clusters are not explained.
    """

    coins: pd.DataFrame
    heats: dict[str, npt.NDArray[np.floating]]
    gradients: tuple[str, ...]
    recognition: RecognitionTables | None


def explained(explanation: ExplanationLayout, epoch: int) -> Explained | None:
    """Return the coins of all clusters that did not fail, or None where all did."""
    assignments = pd.read_parquet(explanation.assignments)
    parts, gradients = [], set()
    for chunk in chunks(explanation, sorted(assignments["cluster"].unique())):
        maps = explanation.maps(chunk.cluster, chunk.number)
        folders = explanation.pictures(epoch, chunk.cluster), explanation.page_pictures(chunk.cluster), maps
        if any(read_marker(folder) is None for folder in folders):
            continue
        coin_ids, columns = read_maps(maps / "maps.parquet", READ)
        gradients |= {name.removesuffix(SCALE) for name in columns if name.endswith(SCALE)}
        measured = {
            "cam_maximum": columns[f"{leading(columns)}_maximum"],
            "no_positive_evidence": columns["no_positive_evidence"],
            ENGINE: columns.get(ENGINE, np.full(len(coin_ids), NOT_RECORDED, dtype=object)),
            **{name: columns[name] for name in MATCHED if name in columns},
        }
        heats = {name: columns[name] for name in HEAT_METHODS if name in columns}
        parts.append((pd.DataFrame({"coin_id": coin_ids, **measured}), heats))
    if not parts:
        return None
    rows = pd.concat([table for table, _ in parts], ignore_index=True)
    order = np.argsort(rows["coin_id"].to_numpy(dtype=object), kind="stable")
    coins = assignments.merge(rows, on="coin_id", how="inner", validate="one_to_one")
    recognition = read_recognition(explanation)
    if recognition is not None:
        coins = coins.merge(recognition.coins, on="coin_id", how="left", validate="one_to_one")
        verdict = recognition.clusters.set_index("cluster")["evidence"]
        coins["maps_are_evidence"] = verdict[coins["cluster"]].to_numpy()
    return Explained(
        coins=coins.sort_values("coin_id", kind="stable").reset_index(drop=True),
        heats={
            name: np.concatenate([heats[name] for _, heats in parts])[order].astype(np.float32)
            for name in parts[0][1]
        },
        gradients=tuple(name for name in GRADIENTS if name in gradients),
        recognition=recognition,
    )
