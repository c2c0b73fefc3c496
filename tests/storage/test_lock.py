import errno
import fcntl
import os
import re
import signal
import subprocess
from contextlib import ExitStack

import pytest

from storage import lock
from storage.errors import NoSpaceError, PlaceError, RunBusyError
from storage.lock import holding

HOLD = """
import sys
from pathlib import Path
from storage.lock import holding

with holding(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""

HOLD_AND_START = """
import signal, subprocess, sys
from pathlib import Path
from storage.lock import holding

with holding(Path(sys.argv[1])):
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    signal.pause()
"""

HOLD_AND_FORK = """
import os, signal, sys
from pathlib import Path
from storage.lock import holding

with holding(Path(sys.argv[1])):
    child = os.fork()
    if child == 0:
        os.close(1)
        signal.pause()
print(child, flush=True)
signal.pause()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "run.lock"


def hold(start, path):
    holder = start(HOLD, path)
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_second_process_is_told_who_works_on_it(start, path):
    holder = hold(start, path)
    told = rf"{re.escape(str(path.parent))} is being worked on by process {holder.pid} on \S+ since \S+; wait"
    with pytest.raises(RunBusyError, match=told), holding(path):
        pass


def test_the_same_process_cannot_hold_it_twice(path):
    busy = f"process {os.getpid()} on"
    with holding(path), pytest.raises(RunBusyError, match=busy), holding(path):
        pass


def test_it_is_free_after_the_end_and_after_an_error(path):
    with pytest.raises(KeyError), holding(path):
        raise KeyError
    with holding(path):
        pass


def test_a_killed_holder_holds_nothing_and_its_name_is_gone(start, path):
    dead = hold(start, path)
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert str(dead.pid) in path.read_text()
    alive = hold(start, path)
    with pytest.raises(RunBusyError, match=f"process {alive.pid} on") as error, holding(path):
        pass
    assert f"process {dead.pid} on" not in str(error.value)


def test_a_holder_that_signs_this_instant_is_named_and_not_the_one_before(path, monkeypatch):
    path.parent.mkdir()
    path.write_text("process 1 on before\n")
    # In place of waiting, the holder signs.
    monkeypatch.setattr(lock.time, "sleep", lambda _: path.write_text("process 2 on now\n"))
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RunBusyError, match="by process 2 on now; wait"), holding(path):
            pass


def test_a_program_that_the_holder_started_does_not_inherit_it(start, path):
    holder = start(HOLD_AND_START, path)
    child = int(holder.stdout.readline())
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    os.kill(child, 0)  # it is still there
    with holding(path):
        pass


def test_leaving_it_frees_it_even_if_a_forked_process_lives_on(start, path):
    holder = start(HOLD_AND_FORK, path)
    child = int(holder.stdout.readline())
    with holding(path):
        os.kill(child, 0)  # it is still there


def test_a_place_where_nothing_can_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    told = r"file/run/run\.lock cannot be written \(Not a directory\)"
    with pytest.raises(PlaceError, match=told), holding(tmp_path / "file" / "run" / "run.lock"):
        pass


def test_a_disk_that_is_read_only_is_named(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    told = r"cannot be written \(Read-only file system\); choose a folder"
    with pytest.raises(PlaceError, match=told), holding(small_disk / "run.lock"):
        pass


def test_a_full_disk_is_named(small_disk, fill):
    fill(small_disk)
    with pytest.raises(NoSpaceError), holding(small_disk / "run.lock"):
        pass


def test_a_file_system_without_locks_is_named(path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    told = r"cannot be locked \(No locks available\); choose a folder on"
    with pytest.raises(PlaceError, match=told), holding(path):
        pass


def test_those_who_share_a_lock_hold_it_together_and_keep_others_out(tmp_path):
    path = tmp_path / "run.lock"
    with holding(path, shared=True):
        with holding(path, shared=True):
            pass
        with pytest.raises(RunBusyError), holding(path):
            pass
    with holding(path), pytest.raises(RunBusyError), holding(path, shared=True):
        pass


def test_patience_waits_for_the_holder(tmp_path, monkeypatch):
    path, held, waited = tmp_path / "run.lock", ExitStack(), []

    def wait(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            held.close()

    monkeypatch.setattr(lock.time, "sleep", wait)
    held.enter_context(holding(path))
    with holding(path, patience_s=30):
        assert len(waited) == 3


def test_patience_has_an_end(tmp_path, monkeypatch):
    path, waited = tmp_path / "run.lock", []
    monkeypatch.setattr(lock.time, "sleep", waited.append)
    with holding(path), pytest.raises(RunBusyError), holding(path, patience_s=30):
        pass
    assert 30 <= sum(waited) < 31


def test_a_path_that_is_no_text_is_refused_and_not_made(tmp_path):
    path = tmp_path / "runs\udcff" / "run.lock"
    with pytest.raises(PlaceError, match=r"runs\\udcff.* is not UTF-8.*choose another folder"), holding(path):
        pass
    assert not path.parent.exists()
