"""What a checkpoint holds of a training."""

from typing import Any, NotRequired, TypedDict

from torch import Tensor

from coin_xai.common.profiles import TrainerName


class Given(TypedDict):
    """Clusters that were given, as arguments of `given_clusters`."""

    cluster: Tensor
    names: list[str] | None
    stability: Tensor | None


class Fixed(TypedDict):
    """What is known of clusters that do not depend on what the network has learnt; see `State`."""

    matching: Tensor | None
    given: Given | None
    standing: float | None
    at_any_angle: bool


class State(TypedDict):
    """What a continuation of a training needs; of one of another program only the first two are there.

    Attributes:
        epochs_done: how many epochs the network has learnt.
        network: its state dict.
        trainer: which one it is the state of.
        optimiser: its state dict.
        previous: the partition of the epoch before (N).
        matching: the coins that match each coin, best first (N x n), or those of the nearest given vectors.
        given: the clusters, where somebody gave them.
        standing: share of pairs of coins that are alike as they lie, where that decided how coins lie.
        at_any_angle: whether coins were compared at any angle.
        learnt_head: of DeepCluster, the state dict of the head that learnt the last partition.
        projection: of DeepCluster-v2, its state dict.
        bank: of DeepCluster-v2, the embedding of each coin in each view (2 x N x d).
    """

    epochs_done: int
    network: dict[str, Tensor]
    trainer: NotRequired[TrainerName]
    optimiser: NotRequired[dict[str, Any]]
    previous: NotRequired[Tensor | None]
    matching: NotRequired[Tensor | None]
    given: NotRequired[Given | None]
    standing: NotRequired[float | None]
    at_any_angle: NotRequired[bool]
    learnt_head: NotRequired[dict[str, Tensor] | None]
    projection: NotRequired[dict[str, Tensor]]
    bank: NotRequired[Tensor]
