import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import OF_ALL_TESTS, OF_ONE_PROGRAM, processes_with, started
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]

STARTS_ANOTHER = """
import signal, subprocess, sys
stays = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
child = subprocess.Popen([sys.executable, "-c", stays], start_new_session=True)
print(child.pid, flush=True)
signal.pause()
"""

TESTS = """
import signal, subprocess, sys
from tests.processes import nothing_left
with nothing_left():
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    print(child.pid, flush=True)
    signal.pause()
"""


def mark_of(process):
    """Return name and value of the mark that a process carries; it shows none in its first moment."""
    file = Path(f"/proc/{process}/environ")

    def mark():
        values = dict(part.split("=", 1) for part in file.read_text().split("\0") if part)
        return values.get(OF_ONE_PROGRAM)

    return OF_ONE_PROGRAM, wait_until(mark, "the mark of a process")


def test_after_a_failure_nothing_is_left_of_a_program_nor_of_what_it_started():
    marks = []

    def fail():
        with started([sys.executable, "-c", STARTS_ANOTHER], stdout=subprocess.PIPE, text=True) as program:
            child = int(program.stdout.readline())
            marks.append(mark_of(child))
            assert {program.pid, child} <= set(processes_with(*marks[0]))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert processes_with(*marks[0]) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_when_tests_are_killed_what_they_started_is_ended(how):
    environment = {name: value for name, value in os.environ.items() if name != OF_ALL_TESTS}
    command = [sys.executable, "-c", TESTS]
    with started(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as tests:
        mark = mark_of(child := int(tests.stdout.readline()))
        assert child in processes_with(*mark)
        tests.send_signal(how)
        wait_until(lambda: not processes_with(*mark), "the end of what the tests started")
