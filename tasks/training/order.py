"""What one part of a training is told, in this process or, as JSON, in others."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Order(BaseModel):
    """Train a run from its last checkpoint to another one.

    Attributes:
        until: the epoch to train to now.
        epochs: the epoch at which the training finishes.
        label: column of the table of coins to compare each partition with.
        init_weights: the file of weights that the run starts from, if it starts from one.
        features: the table of vectors that the run starts from, if it starts from one.
        init_assignments: the table of clusters that the run starts from, if it starts from one.
        dask: address of the cluster that looks at coins and compares them, if one does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    until: int
    epochs: int
    label: str | None = None
    init_weights: Path | None = None
    features: Path | None = None
    init_assignments: Path | None = None
    dask: str | None = None


class RankOrder(BaseModel):
    """What each of several processes is told that train together.

    Attributes:
        order: of all of them.
        run: folder of the run.
        processes: how many they are.
        store: file in which they meet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: Order
    run: Path
    processes: int
    store: Path
