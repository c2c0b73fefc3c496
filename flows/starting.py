"""Start a process that will import much: the collector of cycles looks at it seldom."""

import gc

OBJECTS_BETWEEN_LOOKS = 10_000
"""Python's own is 700. With PyTorch, pandas and Prefect come half a million objects, none of them ever
garbage; a fifth of the time of these imports went into looking at them."""


def start() -> None:
    """Let this process look for garbage in cycles less often, from here to its end.

    What no cycle holds is freed at once, as ever: photographs, batches, tables.
    """
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, *gc.get_threshold()[1:])
