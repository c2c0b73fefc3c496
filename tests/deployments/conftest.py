import os
import runpy
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.deployments.operating import ROOT, prefect, working
from tests.waiting import PATIENCE_S, wait_until


@pytest.fixture(scope="module", autouse=True)
def _alone(no_server_of_the_user):
    """Nothing here speaks to a server of the person who runs the tests."""


def _programs_of_postgresql():
    """Return the folder of PostgreSQL's programs, the newest where Debian keeps several; None without any."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return versions[-1] if versions else None


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server of these tests alone, on loopback, with one empty database: how to reach it."""
    programs = _programs_of_postgresql()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    # It refuses to run as root. As somebody else it could not reach a folder of pytest.
    somebody = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        folder, password = Path(name), f"{secrets.token_hex(8)}@:/%$ "  # needs care wherever it is passed on
        (folder / "password").write_text(password)
        if somebody:
            for path in (folder, folder / "password"):
                shutil.chown(path, "nobody", "nogroup")
        options = {"cwd": folder, "env": {"PATH": str(programs), "PGPASSWORD": password}, **somebody}
        initialise = ["initdb", "--pgdata=data", "--username=prefect", "--pwfile=password"]
        initialise += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(initialise, check=True, capture_output=True, **options)
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        # Its socket lies in the same folder; of tests nothing has to survive a loss of power.
        serve = ["postgres", "-D", "data", "-h", "127.0.0.1", "-p", port, "-k", str(folder), "-F"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(serve, stdout=log, stderr=log, **options)
        try:
            create = ["createdb", "--host=127.0.0.1", f"--port={port}", "--username=prefect", "prefect"]

            def created():
                done = subprocess.run(create, check=False, capture_output=True, **options)
                return done.returncode == 0

            try:
                wait_until(created, "a database of PostgreSQL", of=process)
            except AssertionError as error:
                error.add_note((folder / "log").read_text())
                raise
            yield SimpleNamespace(
                host="127.0.0.1", port=port, user="prefect", name="prefect", password=password
            )
        finally:
            process.send_signal(signal.SIGINT)  # ends connections that are still open
            process.wait(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def environment(server_address, coins, place):
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PREFECT_API_URL": server_address,
        "PREFECT_HOME": str(place / "home"),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_LOGGING_LEVEL": "DEBUG",  # so that a worker says when it is free again
        "COIN_XAI_IMAGES": str(coins),
        "COIN_XAI_RUNS": str(place / "runs"),
    }


@pytest.fixture(scope="module")
def deployed(environment):
    """Tell the server of the deployments of prefect.yaml."""
    prefect("work-pool", "create", "coin-xai", "--type", "process", "--overwrite", environment=environment)
    prefect("deploy", "--all", "--prefect-file", "deployments/prefect.yaml", environment=environment)
    with temporary_settings({PREFECT_API_URL: environment["PREFECT_API_URL"]}):
        runpy.run_path(str(ROOT / "deployments" / "closed.py"), run_name="__main__")


@pytest.fixture(scope="module")
def worker(environment, place):
    with working(environment, place / "worker.log") as process:
        yield process
