"""The entry of the container without a server; tests/deployments/test_on_postgresql.py has the rest."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ENTRY = Path(__file__).parents[3] / "deployments" / "container" / "entry"


def enter(*arguments, **more):
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "COIN_"))
    }
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**inherited, "PATH": path, **more}
    return subprocess.run([ENTRY, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_any_other_command_takes_its_place_and_knows_the_password(tmp_path):
    (tmp_path / "password").write_text("museum:secret\n")
    program = "import os; print(os.getpid(), os.environ['PREFECT_API_AUTH_STRING'])"
    file = str(tmp_path / "password")
    process = subprocess.Popen(
        [ENTRY, sys.executable, "-c", program],
        env={**os.environ, "COIN_XAI_PASSWORD_FILE": file},
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
