"""What becomes of a cluster that fails: it is noted, and the others go on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from storage.errors import NoSpaceError
from tasks.running.failures import ChunksFailedError, Failure

log = logging.getLogger(__name__)


class RunFailedError(Exception):
    """Some clusters of a run failed.

    Attributes:
        failures: which, and why.
    """

    def __init__(self, failures: list[Failure]) -> None:
        super().__init__("; ".join(f"{failure.which}: {failure.reason}" for failure in failures))
        self.failures = failures


class PartlyFailedError(Exception):
    """Some of several pieces of work failed; the others are done.

    Attributes:
        failures: pairs of which one and why.
        done: what has become of the others, for the person who waits; empty where nothing is to be said.
    """

    def __init__(self, failures: list[tuple[str, str]], *, done: str = "") -> None:
        super().__init__("; ".join(f"{which}: {reason}" for which, reason in failures))
        self.failures = failures
        self.done = done


@contextmanager
def tolerated(failures: list[Failure], clusters: list[int]) -> Iterator[None]:
    """Note failures instead of raising them; a full disk is raised, since it would fail the others too."""
    try:
        yield
    except NoSpaceError:
        raise
    except ChunksFailedError as error:
        failures += error.failures
    except Exception as error:
        log.exception("clusters %s failed", clusters)
        failures += [Failure(cluster, None, f"{type(error).__name__}: {error}") for cluster in clusters]
