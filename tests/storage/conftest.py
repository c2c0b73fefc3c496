"""Processes that are killed for real, and a disk that is full for real."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests.processes import started
from tests.waiting import PATIENCE_S

# Imports once and forks a worker a round, so that a round costs milliseconds. A life begins to count when the
# worker says that it works, however long that takes.
NURSERY = """
import os, signal, sys, time
from pathlib import Path

{program}

for line in sys.stdin:
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(says, b"!")
            number = 0
            while True:
                work(number)
                number += 1
        finally:
            os._exit(1)
    os.close(says)
    os.read(hears, 1)
    os.close(hears)
    time.sleep(float(line))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else "ended by itself", flush=True)
"""

# Imports once, then forks a process for each line it reads. From when it calls `begin`, that one kills itself
# at the n-th change that it makes to the disk: a file or folder renamed or removed.
AT_EACH_CHANGE = """
import json, os, signal, sys
from pathlib import Path

{program}

def begin():
    def count(event, _):
        global left
        if event in ("os.rename", "os.remove", "os.rmdir"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            root, left = json.loads(line)
            work(Path(root))
            code = 0
        finally:
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

TALKING = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}


@pytest.fixture
def kill_at_random():
    """Run `work(0)`, `work(1)`, ... of a program in a process, kill -9 it at a random moment, and again.

    Yields the number of kills after each, as long as patience lasts: a test goes on until it has seen what it
    needs. The processes live longer and longer, so that they get far enough on a busy machine too.
    """

    def rounds(program, *arguments, seed=0):
        moments = random.Random(seed)
        command = [sys.executable, "-c", NURSERY.format(program=program), *arguments]
        with started(command, **TALKING, env=_one_thread()) as nursery:
            begun, kills = time.monotonic(), 0
            while time.monotonic() - begun < PATIENCE_S:
                nursery.stdin.write(f"{moments.uniform(0, 0.1 + 0.01 * kills)}\n")
                nursery.stdin.flush()
                assert nursery.stdout.readline() == "killed\n"
                kills += 1
                yield kills

    return rounds


@pytest.fixture
def kill_at_each_change(start, tmp_path):
    """Run `work` of a program on copies of a folder; kill -9 it at its 1st, 2nd, ... change to the disk.

    Checks each copy, also the one that it works on to its end, and returns the number of kills before that.
    """

    def run(program, folder, check):
        nursery, kills, code = start(AT_EACH_CHANGE.format(program=program)), 0, None
        while code != 0:
            copy = tmp_path / f"copy{kills}"
            shutil.copytree(folder, copy, symlinks=True)
            nursery.stdin.write(f"{json.dumps([str(copy), kills + 1])}\n")
            nursery.stdin.flush()
            code = int(nursery.stdout.readline())
            assert code in (0, -signal.SIGKILL)
            check(copy)
            kills += code != 0
        return kills

    return run


@pytest.fixture
def start():
    """Start programs that say when they are ready; whatever still runs at the end is killed."""
    with ExitStack() as running:
        yield lambda program, *arguments: running.enter_context(
            started([sys.executable, "-c", program, *arguments], **TALKING, env=_one_thread())
        )


@pytest.fixture
def small_disk(disk_of):
    """A file system of one MiB."""
    return disk_of("1m")


@pytest.fixture
def fill():
    """Fill the disk of a folder to the last byte, or up to so many that stay free."""

    def run(folder, *, leave=0):
        with (folder / "filling").open("wb", buffering=0) as file:
            free = shutil.disk_usage(folder).free
            file.write(b"x" * (free - leave))

    return run


def _one_thread():
    return {**os.environ, "OMP_NUM_THREADS": "1"}
