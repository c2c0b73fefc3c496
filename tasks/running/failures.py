"""What becomes of a chunk that fails: it is noted, the others go on, and the task fails at the end."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from storage.errors import NoSpaceError

log = logging.getLogger(__name__)

# Errors of the file system that no waiting mends.
LASTING = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError)
# How PyTorch begins what a GPU and its libraries report; only newer versions have a type for some of them.
DEVICE_ERRORS = ("CUDA error", "cuDNN error")


class Failure(NamedTuple):
    """A piece of work that failed: which cluster, which chunk of it (None: all of it), and why."""

    cluster: int
    chunk: int | None
    reason: str

    @property
    def which(self) -> str:
        """Name the piece for people."""
        return f"cluster {self.cluster}" + ("" if self.chunk is None else f", chunk {self.chunk}")


class ChunksFailedError(Exception):
    """Some chunks of a task failed; the others are done.

    Attributes:
        failures: all of them.
        may_pass: whether another try can help every one.
    """

    def __init__(self, failures: list[Failure], *, may_pass: bool) -> None:
        super().__init__("; ".join(f"{failure.which}: {failure.reason}" for failure in failures))
        self.failures, self.may_pass = failures, may_pass

    def __reduce__(self) -> Any:
        # So that it comes back whole from another process.
        return partial(ChunksFailedError, self.failures, may_pass=self.may_pass), ()


class RanksFailedError(Exception):
    """One of the processes that train together has ended, and so the others were ended, too.

    Attributes:
        may_pass: whether another try can help.
    """

    def __init__(self, reason: str, *, may_pass: bool) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


class Failures:
    """Notes the failures of a task, chunk by chunk."""

    def __init__(self) -> None:
        self._found: list[Failure] = []
        self._may_pass = True

    @contextmanager
    def noting(self, cluster: int, chunk: int | None = None) -> Iterator[None]:
        """Note a failure instead of raising it; a full disk is raised, since it would fail the others too."""
        try:
            yield
        except NoSpaceError:
            raise
        except Exception as error:
            failure = Failure(cluster, chunk, f"{type(error).__name__}: {error}")
            log.exception("%s failed", failure.which)
            self._found.append(failure)
            self._may_pass &= passes_by_itself(error)

    def raise_any(self) -> None:
        """Raise ChunksFailedError if something was noted."""
        if self._found:
            raise ChunksFailedError(self._found, may_pass=self._may_pass)


def passes_by_itself(error: BaseException) -> bool:
    """Tell whether an error is worth another try: of input, output, memory, a GPU; mistakes are not."""
    if isinstance(error, ChunksFailedError | RanksFailedError):
        return error.may_pass
    if isinstance(error, RuntimeError) and str(error).startswith(DEVICE_ERRORS):
        return True
    if isinstance(error, OSError):
        return not isinstance(error, LASTING)
    # Imported already if it can have raised this.
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)
