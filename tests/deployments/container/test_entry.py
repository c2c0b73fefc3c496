"""The entry of the container without a server; tests/deployments/test_on_postgresql.py has the rest."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENTRY = Path(__file__).parents[3] / "deployments" / "container" / "entry"


def environment(**more):
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "COIN_"))
    }
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**inherited, "PATH": path, **more}


def enter(*arguments, **more):
    command = [ENTRY, *arguments]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, check=False)


def children_of(process):
    """Return the ids of the processes that a process has begun."""
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


def test_any_other_command_takes_its_place_and_knows_the_password(tmp_path):
    (tmp_path / "password").write_text("museum:secret\n")
    program = "import os; print(os.getpid(), os.environ['PREFECT_API_AUTH_STRING'])"
    file = str(tmp_path / "password")
    process = subprocess.Popen(
        [ENTRY, sys.executable, "-c", program],
        env=environment(COIN_XAI_PASSWORD_FILE=file),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.communicate()[0] == f"{process.pid} museum:secret\n"


def test_without_a_command_it_says_what_there_is():
    done = enter()
    assert done.returncode == 2
    assert "server, deploy, worker, or a command" in done.stderr


@pytest.mark.parametrize("role", ["server", "worker", "deploy"])
def test_a_file_of_a_password_that_is_missing_ends_it(role, tmp_path):
    done = enter(role, COIN_XAI_PASSWORD_FILE=str(tmp_path / "absent"))
    assert done.returncode
    assert "absent" in done.stderr


def test_a_server_beyond_loopback_wants_a_password():
    done = enter("server", COIN_XAI_HOST="0.0.0.0")
    assert done.returncode == 2
    assert "COIN_XAI_PASSWORD_FILE" in done.stderr


@pytest.mark.slow
def test_whoever_waits_for_a_server_in_vain_ends_and_says_so(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        home = str(tmp_path)
        done = enter("worker", PREFECT_API_URL=address, PREFECT_HOME=home, COIN_XAI_PATIENCE="1")
    assert done.returncode == 1
    assert f"waiting for server at {address}" in " ".join((done.stdout + done.stderr).split())


@pytest.mark.slow
def test_whoever_waits_for_a_server_ends_when_told_to_and_leaves_nothing(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        patience = environment(PREFECT_API_URL=address, PREFECT_HOME=str(tmp_path), COIN_XAI_PATIENCE="3600")
        with subprocess.Popen([ENTRY, "worker"], env=patience, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline().startswith(b"Connecting to server")
            (waiting,) = children_of(process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 128 + signal.SIGTERM
            deadline = time.monotonic() + 60
            while Path(f"/proc/{waiting}").exists():
                assert time.monotonic() < deadline
                time.sleep(0.1)
