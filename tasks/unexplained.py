"""Which finished checkpoints of a run have no whole explanation by some options."""

from typing import NamedTuple

from coin_xai.attribution.options import ExplanationOptions
from storage import checkpoints
from storage.errors import DamagedError, MissingError
from storage.layout import ExplanationLayout, RunLayout
from storage.manifest import read_origin
from storage.markers import read_marker
from storage.tables import read_frame
from tasks.collection import chunks
from tasks.extract import explanation_of


class Looked(NamedTuple):
    """What was found of a run: the epochs looked at, and those of them that lack an explanation."""

    epochs: list[int]
    lacking: list[int]


def look(layout: RunLayout, options: ExplanationOptions, *, every_checkpoint: bool = False) -> Looked:
    """Look for explanations of the last finished checkpoint of a run, or of all of them.

    Whatever began it, one whose manifest is not there, tells of failures, or lists only some of the clusters
    is no whole explanation.

    Args:
        layout: the run.
        options: of the explanation; others are another explanation.
        every_checkpoint: look at all checkpoints at which a training ended.

    Raises:
        DamagedError: the record of the run does not say how it was trained.
    """
    epochs = checkpoints.finished(layout)
    epochs = epochs if every_checkpoint else epochs[-1:]
    return Looked(epochs, [epoch for epoch in epochs if not _is_explained(layout, epoch, options)])


def _is_explained(layout: RunLayout, epoch: int, options: ExplanationOptions) -> bool:
    if not layout.final_assignments(epoch).exists():
        return False  # whoever explains it says what to do
    explanation = explanation_of(layout, epoch, options)
    try:
        whole = read_origin(explanation.root).get("failures") == []
    except (MissingError, DamagedError):
        return False
    return whole and explanation.assignments.exists() and _is_of_all_clusters(explanation, epoch)


def _is_of_all_clusters(explanation: ExplanationLayout, epoch: int) -> bool:
    """Tell whether no cluster is left out: processes that explain some of them publish as well."""
    try:
        table = read_frame(explanation.assignments, ["cluster"])
    except DamagedError:
        return False
    clusters = [int(cluster) for cluster in table["cluster"].unique()]
    folders = {explanation.maps(chunk.cluster, chunk.number) for chunk in chunks(explanation, clusters)}
    folders |= {explanation.pictures(epoch, cluster) for cluster in clusters}
    folders |= {explanation.page_pictures(cluster) for cluster in clusters}
    return all(read_marker(folder) is not None for folder in folders)
