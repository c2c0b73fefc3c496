"""What a checkpoint of a training holds: enough to go on from it, and to explain it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from torch import Tensor

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.state import State
from storage import checkpoints
from storage.layout import RunLayout


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The content of a checkpoint.

    Attributes:
        options: of the training.
        training: the state of the trainer; of an adopted training, epochs_done and the weights alone.
        algorithm: version of the algorithm that learnt.
        versions: of the packages that matter, by name.
        environment: what else decides about the last digits; None for an adopted training.
        partition: centroids and reduction of the final partition, as tensors; None while a training goes on,
            and for an adopted one.
        adopted: where an adopted training comes from; None for one of ours.
    """

    options: TrainingOptions
    training: State
    algorithm: str
    versions: Mapping[str, str]
    environment: Mapping[str, str] | None = None
    partition: Mapping[str, Tensor] | None = None
    adopted: Mapping[str, str | int] | None = None

    @classmethod
    def load(cls, layout: RunLayout, epoch: int) -> Self:
        """Read the checkpoint of an epoch; tensors are on the CPU.

        Raises:
            MissingError: there is none of that epoch.
            DamagedError: its bytes are not those that were written, or hold more than tensors and plain
                values.
        """
        content = checkpoints.load(layout, epoch)
        return cls(
            options=TrainingOptions.model_validate(content["options"]),
            training=content["training"],
            algorithm=content["algorithm"],
            versions=content["versions"],
            environment=content.get("surroundings"),
            partition=content.get("partition"),
            adopted=content.get("adopted"),
        )

    def save(self, layout: RunLayout, epoch: int, *, finished: bool) -> None:
        """Keep the checkpoint of an epoch; one at which a training ended (`finished`) is never removed."""
        content = {
            "training": self.training,
            "options": self.options.model_dump(mode="json"),
            "algorithm": self.algorithm,
            "versions": self.versions,
        }
        others = {"surroundings": self.environment, "partition": self.partition, "adopted": self.adopted}
        content.update({name: value for name, value in others.items() if value is not None})
        checkpoints.save(layout, epoch, content, finished=finished)
