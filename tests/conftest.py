"""Drawn coins, the command line, and a real Prefect server, for the tests that run whole flows."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

SMALL = ("--k", "3", "--width", "0.0625", "--batch-size", "8")
SECONDS_TO_START = 120


def run_command_line(arguments):
    # Imported late: most tests need neither Prefect nor the command line.
    from click.testing import CliRunner

    from flows.cli import cli

    return CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=False)


@pytest.fixture
def command_line():
    """Run the command line with some arguments."""
    return run_command_line


@pytest.fixture
def no_server_of_the_user():
    """Whatever server the person who runs the tests has configured hears nothing of them."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


@pytest.fixture(scope="session")
def coins(tmp_path_factory):
    """A folder of 18 drawn coins of 3 types, a table of truths, and one file that is no photograph."""
    folder = tmp_path_factory.mktemp("drawn") / "coins"
    result = run_command_line(["mint", folder, "--coins", "18", "--types", "3", "--seed", "7"])
    assert result.exit_code == 0, result.output
    (folder / "broken.jpg").write_text("<svg/>")
    return folder


@pytest.fixture
def study(coins):
    """Run `coin-xai study` on the drawn coins, into a folder of runs, and return what it printed."""

    def run(runs, *more, exit_code=0):
        result = run_command_line(["study", coins, *SMALL, "--runs", runs, "--name", "test", *more])
        assert result.exit_code == exit_code, result.output
        return result.output

    return run


@pytest.fixture(scope="session")
def server_address(tmp_path_factory):
    """The address of a Prefect server of these tests alone, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    quiet = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **quiet}, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}/api"
    try:
        _wait_for(address, process, home / "server.log")
        yield address
    finally:
        from prefect.logging.handlers import APILogWorker

        APILogWorker.drain_all()  # what is still to be sent would find no server
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def server(server_address):
    """The same server, made the one that flows of this test run on."""
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    # The heartbeat makes every flow, however short, last a second.
    settings = {PREFECT_API_URL: server_address, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(settings):
        yield server_address


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/health", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the Prefect server did not start:\n{log.read_text()}")
