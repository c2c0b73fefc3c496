"""What the page of one explanation is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.claims.options import PartsModel
from coin_xai.claims.verdict import Answers
from coin_xai.evidence.recognition_tables import RecognitionTables
from coin_xai.photographs.square import Square

Kind = Literal["photograph", "heat", "gradient"]
Fact = tuple[str, Mapping[str, str | int]]
"""A word of `coin_xai.report.words`, and the values of its sentence; @ marks a value that is a word."""


class Shown(NamedTuple):
    """A picture that every coin has: its name in tables and files, its caption, and how it is made."""

    name: str
    caption: str
    kind: Kind


class Table(NamedTuple):
    """A table to take away: the key of its name among the words, and pairs of a format and an address."""

    key: str
    downloads: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Strip:
    """The concepts of one cluster on some of its coins.

    Attributes:
        coins: their coin_ids (n).
        places: how strongly each concept is present in each cell (concepts x n x h x w).
        share: mean share of each concept (concepts).
        explained: share of the layer's activation that they account for.
    """

    coins: Sequence[str]
    places: npt.NDArray[np.floating]
    share: npt.NDArray[np.floating]
    explained: float


class Against(NamedTuple):
    """What speaks for one cluster and against a rival, on some of its coins.

    Attributes:
        cluster: whose coins they are.
        rival: the other cluster.
        coins: their coin_ids (n).
        maps: Finer-CAM, raw (n x h x w).
    """

    cluster: int
    rival: int
    coins: Sequence[str]
    maps: npt.NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What may be said of the run.

    Attributes:
        answers: the verdicts, and what could not be asked.
        parts: that coins were divided into.
        parts_table: what tells the table that marks them from others; None where none does.
        without_parts: how many coins it says nothing of.
        runs: names of the runs that were measured, this one first.
        methods: a paragraph for a paper, in English.
        hidden: by number of a claim and coin_id, the names of two pictures of the coin as the network is
            shown it, without and with the part hidden that was measured.
    """

    answers: Answers
    parts: PartsModel
    runs: Sequence[str]
    methods: str
    hidden: Mapping[tuple[int, str], tuple[str, str]]
    parts_table: str | None = None
    without_parts: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a page is made of; rows of arrays are those of `coins`.

    Attributes:
        title: name of the run.
        explanation: fingerprint; with the name, what notes are kept under in the browser of a reader.
        facts: what was run.
        warnings: sentences that speak against trusting the partition, in English.
        metrics: one row an epoch.
        recognition: of coins that were held out; None where it was not measured.
        clusters: one row a cluster: cluster, size, no_positive_evidence; and as objects `mean_map` (h x w),
            `profile` (from the centre to the rim), `standing` (deviation by measure), `nearest` (pairs of a
            cluster and a similarity), `shared` and `differing` (what its coins share, `Shared`, that all
            others or those of the nearest cluster do not); `stability`, where it is known; and what
            recognition and the matching say of it.
        coins: one row a coin: coin_id, path, cluster, distance, score, margin, runner_up_cluster,
            cam_maximum, no_positive_evidence, and further columns.
        groups: where each further column is shown: result, quality (photo_ and the measure) or table; others
            are not.
        shown: the pictures in their order: the photograph, heat with the leading map first, gradients.
        heats: by name of a picture of the kind heat, the raw maps (N x h x w).
        stems: names of the picture files, without suffix (N).
        aspect: width of each photograph as a share of its height (N).
        squares: that the network sees of each photograph, in shares of its width (N).
        compared: squares in which each coin was compared with others, as `squares`; None where none was.
        outlines: corners, in shares of the frame, of the polygon that the network sees of each photograph,
            None where it is all of the square (N).
        planes: by name, the maps of the coins (N x 2 each).
        neighbours: one row a coin and neighbour: coin_id, kind (same, other, match), rank, neighbour,
            similarity.
        history: one row a coin and epoch: coin_id, epoch, cluster, kept_company.
        concepts: by cluster.
        contrasts: what tells clusters apart.
        audit: one row a measure: measure, explained, by_chance.
        cleaning: one row a doubtful photograph: coin_id, reason, other_coin_id.
        notes: what people noted before, one row a coin or cluster: about, coin_id, cluster, selected,
            poor_photograph, wrong_cluster, name, note.
        claims: what may be said of the run; None where nothing was asked.
        broken: one row a photograph that could not be used: path, error.
        failed: pairs of the clusters that failed and the reason.
        tables: to take away.
        atlas: all photographs as small tiles in one JPEG, their side and their number in a row; None for a
            page without photographs, whose heat lies on plain paper.
        pictures_bytes: what the pictures and tables beside the page weigh.
    """

    title: str
    explanation: str
    facts: Sequence[Fact]
    warnings: Sequence[str]
    metrics: pd.DataFrame
    recognition: RecognitionTables | None
    clusters: pd.DataFrame
    coins: pd.DataFrame
    groups: Mapping[str, str]
    shown: Sequence[Shown]
    heats: Mapping[str, npt.NDArray[np.floating]]
    stems: Sequence[str]
    aspect: npt.NDArray[np.floating]
    squares: Sequence[Square]
    compared: Sequence[Square] | None
    outlines: Sequence[npt.NDArray[np.floating] | None]
    planes: Mapping[str, npt.NDArray[np.floating]]
    neighbours: pd.DataFrame
    history: pd.DataFrame
    concepts: Mapping[int, Strip]
    contrasts: Sequence[Against]
    audit: pd.DataFrame
    cleaning: pd.DataFrame
    notes: pd.DataFrame
    claims: Claims | None
    broken: pd.DataFrame
    failed: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    atlas: tuple[bytes, int, int] | None
    pictures_bytes: int

    def without_photographs(self, *, pictures_bytes: int) -> "Report":
        """Return the same for a page that shows no coin, not even its edges in a gradient."""
        heat = [shown for shown in self.shown if shown.kind == "heat"]
        return replace(self, shown=heat, atlas=None, pictures_bytes=pictures_bytes)
