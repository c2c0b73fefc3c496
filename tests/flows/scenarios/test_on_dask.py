"""The shards of an explanation on the processes of a Dask cluster: the same bytes as in one process."""

import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from prefect.client.orchestration import get_client

from coin_xai.errors import OptionError
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.parameters import Work
from storage.layout import RunLayout
from storage.lock import holding
from storage.manifest import verify
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


@pytest.fixture(scope="module")
def dask(long_nursery, tmp_path_factory):
    """The address of a cluster of two processes of one thread each."""
    with distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as cluster:
        log = tmp_path_factory.mktemp("dask") / "workers.log"
        for _ in range(2):
            long_nursery.start(WORKER.format(address=cluster.scheduler_address), log=log)
        wait_until(lambda: len(cluster.scheduler.workers) == 2, "two processes")
        yield cluster.scheduler_address


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
    others = make_old(explanation.rglob("*-grad_cam.png"))

    obstacle.unlink()
    explain_clusters.fn(explained, work=Work(dask=dask))
    assert (explanation / "manifest.json").read_bytes() == whole
    assert not written_since(others)


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
