"""What the processes of a Dask cluster look at, compare and explain: the same bytes as in one process."""

import os
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from prefect.client.orchestration import get_client

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.matching import candidates, likeness, views
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.parameters import Duration, Photographs, Place, Work
from flows.train_clusters import train_clusters
from storage import checkpoints
from storage.layout import RunLayout
from storage.lock import holding
from storage.manifest import verify
from tasks.collection import open_pixels, usable_coins
from tasks.photographs.views import KeptViews
from tasks.running.kept_times import read_times
from tasks.running.on_dask import spreading
from tasks.running.progress import stage
from tasks.running.stage_times import taking_times
from tasks.training import segment
from tests.waiting import PATIENCE_S, wait_until
from tests.written import make_old, written_since

distributed = pytest.importorskip("distributed")
pytest.importorskip("prefect_dask")

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setattr("tasks.running.on_dask.SECONDS_TO_CONNECT", PATIENCE_S)


# A process of the cluster; to fork it spares each its imports.
WORKER = """
import asyncio
from distributed import Worker

async def work():
    async with Worker({address!r}, nthreads=1) as worker:
        await worker.finished()

asyncio.run(work())
"""


SCHEDULER = """
import asyncio
from pathlib import Path
from distributed import Scheduler

async def work():
    async with Scheduler(host="127.0.0.1", port=0, dashboard_address="127.0.0.1:0") as scheduler:
        Path({file!r}).write_text(scheduler.address)
        await scheduler.finished()

asyncio.run(work())
"""


@pytest.fixture(scope="module")
def dask(long_nursery, tmp_path_factory):
    """The address of a cluster of two processes of one thread each."""
    with distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as cluster:
        log = tmp_path_factory.mktemp("dask") / "workers.log"
        for _ in range(2):
            long_nursery.start(WORKER.format(address=cluster.scheduler_address), log=log)
        wait_until(lambda: len(cluster.scheduler.workers) == 2, "two processes")
        yield cluster.scheduler_address


CHUNK = 6
"""Coins: three chunks of the eighteen."""


def divide(patch):
    """Let few coins be so many that they are divided among processes, and keep how they were compared."""
    patch.setattr(views, "CHUNK", CHUNK)
    patch.setattr(candidates, "BLOCK", CHUNK)
    patch.setattr(likeness, "MOST_COMPARED", CHUNK)
    patch.setattr(likeness, "CANDIDATES", 2 * CHUNK)
    patch.setattr(segment, "forget_matches", lambda _: None)


@pytest.fixture
def divided(monkeypatch):
    """Divide coins in a test."""
    divide(monkeypatch)


def train(coins, runs, *, dask=None):
    """Train a run whose coins are compared, and return its files."""
    return RunLayout(
        train_clusters.fn(
            Photographs(images=coins),
            TrainingOptions(k=3, width=1 / 16, batch_size=8),
            Duration(epochs=1, dask=dask),
            Place(runs=runs, name="test"),
        )
    )


def files(layout):
    """Return what a run keeps of what was looked at and compared, not what other processes were handed."""
    kept = [layout.frames, layout.cells, *layout.views.glob("*/0*/*"), *layout.matches.glob("*/0*/*")]
    return {str(path.relative_to(layout.root)): path.read_bytes() for path in kept}


def processes_that_kept(layout):
    """Return the ids of the processes that have looked and compared, as locks tell them."""
    locks = [*layout.views.glob(".*.lock"), *layout.matches.glob("*/.*.lock")]
    return {int(lock.read_text().split()[1]) for lock in locks}


@pytest.fixture(scope="module")
def trained_here(coins, tmp_path_factory):
    """A run that this process alone has trained, whose coins were divided."""
    with pytest.MonkeyPatch.context() as patch:
        divide(patch)
        return train(coins, tmp_path_factory.mktemp("here"))


@pytest.fixture
def looking(trained_here, tmp_path, divided):  # noqa: ARG001
    """A copy of that run which has looked at no coin, and a function that looks at all on a cluster.

    The locks of all chunks are held until the test lets them go.
    """
    runs = shutil.copytree(trained_here.root.parent, tmp_path / "runs", symlinks=True)
    layout = RunLayout(runs / "test")
    shutil.rmtree(layout.views)
    coins = usable_coins(layout)
    pixels = open_pixels(layout, coins)
    chunks = [path.name for path in trained_here.views.glob("found/0*")]

    def look(dask):
        with spreading(dask, at_most=len(chunks)) as spread:
            kept = KeptViews(layout, coins, spread=spread)
            kept.find(pixels, centre_crop=1.0, advance=lambda _: None)
            return kept.looked_at["found"]

    with ExitStack() as held, ThreadPoolExecutor(1) as beside:
        for name in chunks:
            held.enter_context(holding(layout.views / f".found-{name}.lock"))
        yield layout, lambda dask: beside.submit(look, dask), held


@pytest.fixture
def whole(explained):
    """The manifest of an explanation by one process; the explanation is taken away."""
    explanation = (explained / "latest").resolve()
    manifest = (explanation / "manifest.json").read_bytes()
    shutil.rmtree(explanation)
    return manifest


@pytest.fixture
def until_both_work(explained, whole, dask):  # noqa: ARG001
    """Hold the clusters back until both processes have work, or one of them could do it all."""
    explanation = RunLayout(explained).explanation((explained / "latest").readlink().name)
    with ExitStack() as held, ThreadPoolExecutor(1) as beside:
        for cluster in range(3):
            held.enter_context(holding(explanation.lock(cluster)))
        beside.submit(_let_go, held, dask)
        yield


def _let_go(held, dask):
    with held, distributed.Client(dask, set_as_default=False) as client:
        wait_until(lambda: all(client.processing().values()), "work for both processes")


def processes_that_explained(dask):
    """Return how many processes of the cluster have loaded a network."""

    def networks():
        from tasks.explaining.attribute import explainer_of

        return explainer_of.cache_info().currsize

    with distributed.Client(dask, set_as_default=False) as client:
        return sum(client.run(networks).values())


@pytest.mark.usefixtures("server", "until_both_work")
def test_on_a_server_two_processes_end_with_the_bytes_of_one(explained, whole, dask):
    state = explain_clusters(explained, work=Work(dask=dask), return_state=True)
    assert state.name == "Completed"
    explanation = state.result()
    assert (explanation / "manifest.json").read_bytes() == whole
    assert verify(explanation) == []
    assert processes_that_explained(dask) == 2
    with get_client(sync_client=True) as client:
        artifacts = [
            one for one in client.read_artifacts() if one.flow_run_id == state.state_details.flow_run_id
        ]
    assert sorted(one.type for one in artifacts) == ["markdown", "progress"]


def test_without_a_server_processes_of_this_machine_end_with_the_bytes_of_one(explained, whole):
    explanation = explain_clusters.fn(explained, work=Work(dask="local"))
    assert (explanation / "manifest.json").read_bytes() == whole


def test_a_cluster_that_fails_there_is_told_as_here_and_mended_alone(explained, dask):
    explanation = (explained / "latest").resolve()
    whole = (explanation / "manifest.json").read_bytes()
    obstacle = explanation / "maps" / "1"
    shutil.rmtree(obstacle)
    shutil.rmtree(explanation / "results" / "1" / "1")
    obstacle.write_text("in the way")
    with pytest.raises(RunFailedError) as here:
        explain_clusters.fn(explained)
    with pytest.raises(RunFailedError) as there:
        explain_clusters.fn(explained, work=Work(dask=dask))
    assert there.value.failures == here.value.failures
    others = make_old(explanation.rglob("*-grad_cam.jpg"))

    obstacle.unlink()
    explain_clusters.fn(explained, work=Work(dask=dask))
    assert (explanation / "manifest.json").read_bytes() == whole
    assert not written_since(others)


@pytest.mark.usefixtures("divided")
def test_coins_are_looked_at_and_compared_there_with_the_bytes_of_one_process(
    trained_here, coins, dask, tmp_path
):
    assert processes_that_kept(trained_here) == {os.getpid()}
    there = train(coins, tmp_path, dask=dask)
    assert len(files(there)) == 2 + 3 * (6 + 3 + 2)
    assert files(there) == files(trained_here)
    assert checkpoints.hash_of(there, 1) == checkpoints.hash_of(trained_here, 1)
    with distributed.Client(dask, set_as_default=False) as client:
        kept, there_are = processes_that_kept(there), {*client.run(os.getpid).values()}
        assert kept
        assert kept <= there_are


def test_what_a_killed_process_was_at_is_done_by_another(looking, trained_here, dask, long_nursery):
    layout, look, held = looking
    with distributed.Client(dask, set_as_default=False) as client:
        before = {*client.scheduler_info()["workers"]}
        killed = long_nursery.start(WORKER.format(address=dask))
        (there,) = wait_until(lambda: {*client.scheduler_info()["workers"]} - before, "the third process")
        looked_at = look(dask)
        wait_until(lambda: client.processing().get(there), "work for the process to be killed")
        killed.send_signal(signal.SIGKILL)
        wait_until(lambda: there not in client.scheduler_info()["workers"], "its end")
    held.close()
    assert looked_at.result() == 18
    kept = {path.name: path.read_bytes() for path in layout.views.glob("found/*/*")}
    assert kept == {path.name: path.read_bytes() for path in trained_here.views.glob("found/*/*")}
    assert killed.pid not in processes_that_kept(layout)


def test_where_the_scheduler_goes_away_it_is_said_and_whoever_goes_on_looks_at_the_rest(
    looking, long_nursery, tmp_path, monkeypatch
):
    monkeypatch.setattr("tasks.running.on_dask.SECONDS_TO_CONNECT", 1)
    layout, look, held = looking
    told = tmp_path / "scheduler.json"
    scheduler = long_nursery.start(SCHEDULER.format(file=str(told)))
    address = wait_until(lambda: told.exists() and told.read_text(), "a scheduler")
    worker = long_nursery.start(WORKER.format(address=address))
    with distributed.Client(address, set_as_default=False) as client:
        wait_until(lambda: client.scheduler_info()["workers"], "a process")
        looked_at = look(address)
        wait_until(lambda: any(client.processing().values()), "work for it")
        scheduler.send_signal(signal.SIGKILL)
    with pytest.raises(OptionError, match=f"--dask {address}: the scheduler has gone away"):
        looked_at.result()
    worker.send_signal(signal.SIGKILL)
    held.close()
    coins = usable_coins(layout)
    KeptViews(layout, coins).find(open_pixels(layout, coins), centre_crop=1.0, advance=lambda _: None)
    assert processes_that_kept(layout) == {os.getpid()}


def limit_of_this_process(_order):
    return distributed.get_worker().memory_manager.memory_limit


def test_a_process_of_this_machine_may_map_as_much_as_there_is():
    """Dask counts mapped files: a limit would stop or kill processes that need little memory."""
    with spreading("local", at_most=1) as spread:
        assert list(spread(limit_of_this_process, [1, 2])) == [None, None]


def test_what_is_spent_there_is_counted_with_the_stage_at_work_here(dask, tmp_path):
    def spend(seconds):
        while time.process_time() < seconds + begun.setdefault(seconds, time.process_time()):
            pass
        return seconds

    begun, layout = {}, RunLayout(tmp_path / "run")
    with (
        taking_times() as times,
        times.kept_in(layout),
        spreading(dask, at_most=2) as spread,
        stage("find coins", 3),
    ):
        assert list(spread(spend, [0.3, 0.1, 0.2])) == [0.3, 0.1, 0.2]
    (found,) = (one for one in read_times(layout) if one.stage == "find coins")
    assert found.processor_s > 0.5  # the system counts hundredths


def test_where_no_scheduler_answers_it_is_said(run, monkeypatch):
    monkeypatch.setattr("tasks.running.on_dask.SECONDS_TO_CONNECT", 1)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(OptionError, match=f"--dask {address}: no Dask scheduler answers there"):
            explain_clusters.fn(run, work=Work(dask=address))


def test_workers_of_several_threads_are_refused(run):
    threads = distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0"
    )
    with threads as cluster, pytest.raises(OptionError, match="start them with --nthreads 1"):
        explain_clusters.fn(run, work=Work(dask=cluster.scheduler_address))
