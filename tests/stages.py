"""Listens to the stages of some work."""

from contextlib import contextmanager


class Listener:
    """Notes which stages come, and what is left of each when all is done.

    Attributes:
        left: how much of each stage was announced and never done, by name.
    """

    def __init__(self):
        self.left = {}

    @contextmanager
    def stage(self, name, total):
        """Do as `tasks.running.progress.stage` does."""
        self.left[name] = self.left.get(name, 0) + total

        def advance(count):
            self.left[name] -= count

        yield advance

    @property
    def names(self):
        """The stages in the order in which they began; all of them must have ended where they said."""
        assert set(self.left.values()) == {0}, "every stage ends where it said it would"
        return list(self.left)
