"""What becomes of a cluster that fails: it is noted, and the others go on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from storage.errors import NoSpaceError

log = logging.getLogger(__name__)


class RunFailedError(Exception):
    """Some clusters of a run failed.

    Attributes:
        failures: pairs of the clusters and the reason.
    """

    def __init__(self, failures: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{which}: {reason}" for which, reason in failures))
        self.failures = failures


@contextmanager
def tolerated(failures: list[tuple[str, str]], clusters: list[int]) -> Iterator[None]:
    """Note a failure instead of raising it; a full disk is raised, since it would fail the others too."""
    try:
        yield
    except NoSpaceError:
        raise
    except Exception as error:
        which = f"cluster {', '.join(map(str, clusters))}"
        log.exception("%s failed", which)
        failures.append((which, f"{type(error).__name__}: {error}"))
