"""Clusters that do not depend on what the network has learnt: found once a run, or given.

They are found in a graph of the coins most alike: those whose parts match, or whose vectors, which somebody
made elsewhere, point the same way. Or somebody gives the clusters themselves. A network learns them to the
end, or where the options ask for k-means in its first epoch alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.clustering.partition import Clustering
from coin_xai.clustering.spectral import embed, join
from coin_xai.common.memory import give_back_freed_memory
from coin_xai.common.random_streams import stream
from coin_xai.common.stages import Advance, Stage, unwatched
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import Figures, partition_once
from coin_xai.deepcluster.state import Fixed, Given, State
from coin_xai.errors import OptionError
from coin_xai.evidence.neighbours import nearest
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.backbone import Maps, see_parts
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.backbones.pretrained import load_network
from coin_xai.matching.candidates import Compare, compare_here
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.joined import join_maps
from coin_xai.matching.likeness import (
    NEIGHBOURS,
    describe,
    describe_in,
    find_frames,
    match_again_at_any_angle,
    matching_coins,
)
from coin_xai.matching.tuning import EPOCHS as TUNING_EPOCHS
from coin_xai.matching.tuning import through, tune
from coin_xai.matching.views import FreshViews, Views
from coin_xai.photographs.pixels import Pixels

SEEN_AT_ONCE = 256
"""Coins in one array of what the pretrained network sees."""

LASTING = ("matching", "features", "given")
"""What `clustering` is called where such clusters are learnt to the end."""


class See(Protocol):
    """Tells what the pretrained network sees in all coins, in arrays that follow each other."""

    def __call__(
        self, coins: Aligned, description: str, *, device: torch.device, advance: Advance
    ) -> Sequence[Maps]:
        """Return the maps (n x 16 x 16 x c each) of the network that a description names."""


class FixedClusters:
    """The clusters that a network is taught, where those do not depend on what it has learnt.

    Attributes:
        frames: where each coin lies, laid over the others, once it is known (N).
        cells: what the coins were compared by, from `find` on until `let_go` (N x 16 x 16 x c).
        neighbours: the coins most like each coin, once they are found (N x count).
        given: the clusters themselves, where somebody gives them.
        see: tells what the pretrained network sees; whoever keeps that puts something else here.
        views: tell what each coin shows by itself; whoever keeps that puts others here.
        compare: compares each of many coins with its candidates; whoever keeps that puts something else here.
    """

    def __init__(
        self,
        pixels: Pixels,
        options: TrainingOptions,
        *,
        device: torch.device,
        frames: Sequence[Frame] | None = None,
    ) -> None:
        """Find nothing yet; frames that are known need not be found."""
        self.pixels, self.options, self.device = pixels, options, device
        self.frames = frames
        self.cells: npt.NDArray[np.float32] | None = None
        self.neighbours: npt.NDArray[np.int64] | None = None
        self._at_any_angle: npt.NDArray[np.int64] | None = None
        self._cut_outs: npt.NDArray[np.uint8] | None = None
        self.given: Clustering | None = None
        self.see: See = _see
        self.views: Views = FreshViews()
        self.compare: Compare = compare_here
        self._found: dict[int, tuple[Clustering, Figures]] = {}

    @property
    def enabled(self) -> bool:
        """Whether the options ask for such clusters in every epoch."""
        return self.options.clustering in LASTING

    @property
    def at_any_angle(self) -> bool:
        """Whether coins were compared at any angle, once it is known where they lie."""
        return self.frames is not None and any(frame.at_any_angle for frame in self.frames)

    @property
    def seen_by_network(self) -> bool:
        """Whether coins that stand upright are described by what a pretrained network sees as well."""
        return self.options.description not in ("edges", "auto")

    @cached_property
    def aligned(self) -> Aligned:
        """The coins cut out and laid over each other, until `let_go`; they are found now if need be."""
        frames, kept = self.find_frames(), self._cut_outs
        return Aligned(self.pixels, frames, cut_out=None if kept is None else kept.__getitem__)

    def let_go(self) -> None:
        """Free what is of no use any more once clusters are found: cells, and coins that were cut out."""
        self.cells = self._cut_outs = None
        self.__dict__.pop("aligned", None)
        load_backbone.cache_clear()

    @property
    def pending(self) -> bool:
        """Whether they are asked for and `find` has something to do."""
        return self.enabled and self.neighbours is None and self.given is None

    def used_in(self, epoch: int) -> bool:
        """Tell whether the network learns such clusters in an epoch: in each, in the first, or in none."""
        handed_over = self.neighbours is not None or self.given is not None
        return self.enabled or (epoch == 0 and handed_over)

    def take_vectors(self, vectors: npt.NDArray[np.floating]) -> None:
        """Find the coins most alike by the cosine of vectors made elsewhere (N x d, none of them zero)."""
        everywhere = np.zeros(len(vectors), dtype=np.int64)
        count = min(NEIGHBOURS, len(vectors) - 1)
        self.neighbours = nearest(vectors, everywhere, count=count)[0].position

    def take_clusters(self, given: Clustering) -> None:
        """Take over clusters as they are, each of at least one coin.

        Raises:
            OptionError: they are not as many as the options say.
        """
        if len(given.centroids) != self.options.k:
            raise OptionError(
                f"{len(given.centroids)} clusters are given and k is {self.options.k}: give k as it is there"
            )
        self.given = given

    def find(self, *, stage: Stage = unwatched) -> None:
        """Find the coins whose parts match each coin's, once a run, unless others took their place.

        Args:
            stage: is entered for each stage of it.
        """
        if self.neighbours is not None or self.given is not None:
            return
        self.cells = self.describe(stage=stage)
        if self.at_any_angle:
            self.neighbours = self._match_at_any_angle(stage)
        else:
            self.neighbours = self._match(self.cells, stage)
        give_back_freed_memory()

    def describe(self, *, stage: Stage = unwatched) -> npt.NDArray[np.float32]:
        """Return what coins are compared by (N x 16 x 16 x c).

        Args:
            stage: is entered for each stage of it.

        Raises:
            OptionError: a network is asked for that is not there.
        """
        described_by = self.options.description
        if self.seen_by_network and not self.at_any_angle:
            load_backbone(described_by, self.device)  # before minutes are spent on edges
        if self.frames is not None:
            cells = describe_in(self.pixels, self.frames, stage=stage)
        else:
            described = describe(
                self.pixels,
                centre_crop=self.options.centre_crop,
                device=self.device,
                orientation=self.options.orientation,
                views=self.views,
                stage=stage,
            )
            self.frames, cells = described.frames, described.cells
            self._at_any_angle, self._cut_outs = described.neighbours, described.cut_outs
        if self.seen_by_network and not self.at_any_angle:
            with stage("see parts", len(self.pixels)) as advance:
                maps = self.see(self.aligned, described_by, device=self.device, advance=advance)
            give_back_freed_memory()  # activations larger than those of learning
            tuned = described_by == "tuned"
            cells = join_maps(cells, self._tuned(cells, maps, stage) if tuned else maps)
        return cells

    def _match(self, cells: npt.NDArray[np.float32], stage: Stage) -> npt.NDArray[np.int64]:
        with stage("match parts", len(cells)) as advance:
            return matching_coins(cells, device=self.device, compare=self.compare, advance=advance)

    def _match_at_any_angle(self, stage: Stage) -> npt.NDArray[np.int64]:
        """Return the coins that match each best at any angle; found anew where frames alone are known."""
        found = self._at_any_angle
        if found is None:
            found = match_again_at_any_angle(
                self.pixels,
                centre_crop=self.options.centre_crop,
                device=self.device,
                views=self.views,
                stage=stage,
            )
        return found

    def _tuned(self, cells: npt.NDArray[np.float32], maps: Sequence[Maps], stage: Stage) -> Sequence[Maps]:
        """Return what the network sees once its last block has learnt which coins match."""
        block = load_network(self.device)[-1]
        joined = join_maps(cells, [through(block, some, self.device) for some in maps])
        matching = self._match(joined, stage)
        del joined
        with stage("learn what matches", TUNING_EPOCHS * len(cells)) as advance:
            learnt = tune(
                block,
                maps,
                matching,
                generator=stream(self.options.seed, "tuning"),
                device=self.device,
                advance=advance,
            )
        return [through(learnt, some, self.device) for some in maps]

    def find_frames(self, *, stage: Stage = unwatched) -> Sequence[Frame]:
        """Return where each coin lies, laid over the others, found once a run (N).

        Args:
            stage: is entered for each stage of it.
        """
        if self.frames is None:
            self.frames = find_frames(
                self.pixels,
                centre_crop=self.options.centre_crop,
                device=self.device,
                orientation=self.options.orientation,
                views=self.views,
                stage=stage,
            )
        return self.frames

    def cluster(self, k: int | None = None, *, stage: Stage = unwatched) -> tuple[Clustering, Figures]:
        """Return the clusters, the same in every epoch, and how much their seed matters.

        Args:
            k: how many, if not as many as the options say; given clusters are as many as they are.
            stage: is entered while they are cut, which happens once.
        """
        if self.given is not None:
            return self.given, {"kmeans_seed": None, "seed_stability_ami": None}
        k = k or self.options.k
        if k not in self._found:
            self.find()
            assert self.neighbours is not None
            options, gpu = self.options.model_copy(update={"k": k}), self.device.type == "cuda"
            with stage("cut clusters", len(self.neighbours)) as advance:
                self._found[k] = partition_once(embed(join(self.neighbours), k), options, gpu=gpu)
                advance(len(self.neighbours))
        return self._found[k]

    def points(self, dimensions: int) -> npt.NDArray[np.float32]:
        """Return the places of the coins along the slowest modes of their graph (N x dimensions at most).

        Raises:
            OptionError: clusters are given, and there is no graph.
        """
        self.find()
        if self.neighbours is None:
            raise OptionError("the clusters are given (--init-assignments), so k-means has nothing to try")
        return embed(join(self.neighbours), min(dimensions, len(self.neighbours) - 1))

    def state(self) -> Fixed:
        """Return what a continuation need not find again, nor be given again."""
        neighbours, given = self.neighbours, self.given
        return {
            "matching": None if neighbours is None else torch.from_numpy(neighbours),
            "given": None if given is None else _plain(given),
            "standing": None if self.frames is None else self.frames[0].standing,
            "at_any_angle": self.at_any_angle,
        }

    def restore(self, state: State) -> None:
        """Continue from what `state` returned."""
        neighbours, given = state["matching"], state["given"]
        self.neighbours = None if neighbours is None else neighbours.numpy()
        self.given = None if given is None else given_clusters(**given)
        self._found = {}


def given_clusters(
    cluster: npt.ArrayLike, *, names: Sequence[str] | None = None, stability: npt.ArrayLike | None = None
) -> Clustering:
    """Return clusters that somebody gives, which have neither centroids nor distances.

    Args:
        cluster: of each coin, from 0 on, none left out (N).
        names: of the clusters, if they have any.
        stability: of each coin's cluster, if it is known (N).
    """
    ids = np.asarray(cluster, dtype=np.int64)
    found = Clustering(
        cluster=ids,
        distance=np.full(len(ids), np.nan, dtype=np.float32),
        centroids=np.empty((int(ids.max()) + 1, 0), dtype=np.float32),
        names=None if names is None else tuple(names),
    )
    if stability is None:
        return found
    return replace(found, stability=np.asarray(stability, dtype=np.float32))


def _plain(given: Clustering) -> Given:
    return {
        "cluster": torch.from_numpy(given.cluster),
        "names": None if given.names is None else list(given.names),
        "stability": None if given.stability is None else torch.from_numpy(given.stability),
    }


def _see(coins: Aligned, description: str, *, device: torch.device, advance: Advance) -> Sequence[Maps]:
    backbone = load_backbone(description, device)
    starts = range(0, len(coins), SEEN_AT_ONCE)
    blocks = [range(start, min(start + SEEN_AT_ONCE, len(coins))) for start in starts]
    return [see_parts(coins, block, backbone, device=device, advance=advance) for block in blocks]
