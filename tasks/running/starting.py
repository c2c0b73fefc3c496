"""Start a process that will import much: the collector of cycles looks at it seldom.

python -m tasks.running.starting MODULE ARGUMENT... starts a module so, as `python -m` would.
"""

import gc
import runpy
import sys

OBJECTS_BETWEEN_LOOKS = 10_000
"""Python's own is 700. With PyTorch, pandas and Prefect come half a million objects, none of them ever
garbage; a fifth of the time of these imports went into looking at them."""


def start() -> None:
    """Let this process look for garbage in cycles less often, from here to its end.

    What no cycle holds is freed at once, as ever: photographs, batches, tables.
    """
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, *gc.get_threshold()[1:])


def main() -> None:
    """Be the module that the first argument names, with the others."""
    start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
