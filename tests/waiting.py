"""How tests wait: for an event, never for a time.

No test may fail because the machine is slow or busy. A limit ends only what would hang for ever.
"""

import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 600
BETWEEN_LOOKS_S = (0.02, 1.0)
"""At first and in the long run: whoever looks all the time takes the processor from what he waits for."""


def wait_until(true: Callable[[], T], what: str, *, of: "subprocess.Popen[Any] | None" = None) -> T:
    """Return what a function returns as soon as that is true.

    Args:
        true: is called again and again.
        what: is waited for, for the message.
        of: the process that is to bring it about; when it has ended, nobody waits any longer.

    Raises:
        AssertionError: it has not come true.
    """
    begun = time.monotonic()
    pause, longest = BETWEEN_LOOKS_S
    while True:
        # Asked before, since it may come true just before the process ends.
        ended = of is not None and of.poll() is not None
        if found := true():
            return found
        if of is not None and ended:
            raise AssertionError(f"{what}: the process to wait for has ended with {of.returncode}")
        if time.monotonic() - begun > PATIENCE_S:
            raise AssertionError(f"{what}: not within {PATIENCE_S} s")
        time.sleep(pause)
        pause = min(1.2 * pause, longest)
