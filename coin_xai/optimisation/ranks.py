"""The processes that train one network together: which of them this is, and what they tell each other."""

import torch
import torch.distributed
from torch import Tensor

END = 0
"""The order after which the others have nothing more to do."""


class Ranks:
    """So many processes, numbered from 0. The first one decides what is done, the others do their part of it.

    Alone, which is the usual case, none of the methods does anything.

    Attributes:
        rank: number of this process.
        count: how many there are.
        batch: how many photographs the batch has that is being learnt, of which each process has a part.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        """Number a process; with others it is connected already (`torch.distributed.init_process_group`)."""
        self.rank, self.count = rank, count
        self.batch = 0

    @property
    def alone(self) -> bool:
        """Whether there are no others."""
        return self.count == 1

    def part(self, n_rows: int) -> slice:
        """Return which of so many rows are this process's: a range, as long as the others' or one longer.

        Where there are fewer rows than processes, some have none.
        """
        return slice(self.rank * n_rows // self.count, (self.rank + 1) * n_rows // self.count)

    def tell(self, order: int, *numbers: int) -> None:
        """Tell the others what is to be done; the first one says it, with two numbers at most."""
        if not self.alone:
            self.from_first(torch.tensor([order, *numbers, 0, 0][:3]))

    def hear(self) -> tuple[int, int, int]:
        """Wait for the first process to tell what is to be done, and return it."""
        told = torch.zeros(3, dtype=torch.int64)
        self.from_first(told)
        order, first, second = told.tolist()
        return order, first, second

    def from_first(self, tensor: Tensor) -> None:
        """Overwrite a tensor with the first process's, of the same shape."""
        if not self.alone:
            dense = tensor.contiguous()  # weights are laid out channels last
            torch.distributed.broadcast(dense, src=0)
            if dense is not tensor:
                tensor.copy_(dense)

    def sum(self, tensor: Tensor) -> None:
        """Overwrite a contiguous tensor with the sum of all processes'."""
        if not self.alone:
            torch.distributed.all_reduce(tensor)


ALONE = Ranks()
