"""Work that has several stages tells of each, with a name and how much there is to do, to whoever listens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], None]
"""Is told how much was done since the last call."""

Stage = Callable[[str, int], AbstractContextManager[Advance]]
"""Is entered with the name of a stage and how much there is to do in it, in coins."""


@contextmanager
def unwatched(_name: str, _total: int) -> Iterator[Advance]:
    """Yield a function that tells nobody."""
    yield lambda _count: None
