"""Programs that tests start: when a test is over, however it ends, nothing of them is left.

What a program starts inherits its environment, whatever session or process group it is put into, so a mark in
the environment finds all of it. This file is a program as well: it outlives the tests and ends what they
left.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

OF_ONE_PROGRAM = "COIN_XAI_TESTED_PROGRAM"
OF_ALL_TESTS = "COIN_XAI_TESTS"


def processes_with(name: str, value: str) -> list[int]:
    """Return the ids of the processes whose environment began with a value, but for this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is not ours
            if f"{name}={value}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return [process for process in found if process != os.getpid()]


def kill(processes: Sequence[int]) -> None:
    """Kill some processes, of which some may have ended meanwhile."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def kill_all(name: str, value: str) -> None:
    """Kill all processes with a value in their environment, and those that they start meanwhile."""
    while processes := processes_with(name, value):
        kill(processes)
        time.sleep(0.01)


@contextmanager
def started(
    command: Sequence[object], *, env: Mapping[str, str] | None = None, **how: Any
) -> Iterator["subprocess.Popen[Any]"]:
    """Run a program for as long as a block lasts; then it and all that it started is killed.

    Args:
        command: program and arguments.
        env: of the program; that of this process without it.
        how: more that `subprocess.Popen` takes.
    """
    mark = secrets.token_hex(8)
    environment = {**(os.environ if env is None else env), OF_ONE_PROGRAM: mark}
    with subprocess.Popen([str(part) for part in command], env=environment, **how) as process:
        try:
            yield process
        finally:
            kill_all(OF_ONE_PROGRAM, mark)


@contextmanager
def nothing_left() -> Iterator[None]:
    """Kill, after a block, all that was started in it, even if this process is killed in the midst of it."""
    if OF_ALL_TESTS in os.environ:  # a process of tests beside others, which the first one answers for
        yield
        return
    mark = secrets.token_hex(8)
    command = [sys.executable, "-S", __file__, mark]
    # In a session of its own, since a terminal interrupts all of one at once.
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        os.environ[OF_ALL_TESTS] = mark
        try:
            yield
        finally:
            del os.environ[OF_ALL_TESTS]


if __name__ == "__main__":
    sys.stdin.read()  # ends when the tests have ended, however they did
    kill_all(OF_ALL_TESTS, sys.argv[1])
