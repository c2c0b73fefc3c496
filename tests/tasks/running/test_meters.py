import subprocess
import sys
from collections import Counter

import pytest
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName

from coin_xai.deepcluster.options import TrainingOptions
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from tasks.running.flow_runs import accompanied
from tasks.running.meters import count, with_rates


@pytest.fixture(scope="module")
def reader():
    """What OpenTelemetry reads, set up once a process as its API has it."""
    reader = InMemoryMetricReader()
    set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
    return reader


def read(reader):
    """Return the totals by name."""
    found = reader.get_metrics_data()
    resources = found.resource_metrics if found else []
    metrics = [metric for one in resources for scope in one.scope_metrics for metric in scope.metrics]
    return Counter({metric.name: metric.data.data_points[0].value for metric in metrics})


def test_a_rate_needs_photographs_and_seconds():
    assert with_rates(Counter(photographs_trained=10)) == {"photographs_trained": 10}
    found = with_rates(Counter(photographs_explained=10, seconds_explaining=4.0))
    assert found["photographs_explained_a_second"] == 2.5
    assert with_rates(Counter()) == {}


@pytest.fixture
def small_study(coins, tmp_path):
    """Run a study of 18 coins in 3 clusters of a chunk each, and return the folder of its explanation."""
    return lambda run: run(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8, clustering="kmeans"),
        Duration(epochs=1),
        Place(runs=str(tmp_path), name="metered"),
    )


@pytest.mark.slow
def test_open_telemetry_counts_a_study_without_a_server_and_nothing_that_was_done(reader, small_study):
    before = read(reader)
    files = small_study(study.fn)
    done = read(reader) - before
    written = sum(path.stat().st_size for path in files.rglob("*.p*") if path.parent != files)
    assert done["coin_xai.photographs_explained"] == 18
    assert done["coin_xai.chunks_done"] == 3
    assert done["coin_xai.photographs_trained"] >= 18
    assert done["coin_xai.bytes_written"] > written / 2
    assert done["coin_xai.seconds_training"] > 0
    assert "coin_xai.chunks_failed" not in done
    before = read(reader)
    small_study(study.fn)
    assert {name for name, value in (read(reader) - before).items() if value} <= {
        "coin_xai.seconds_explaining"
    }


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_a_flow_run_has_labels_and_a_table_of_what_it_did_alone():
    count("photographs_explained", 100)  # before it

    @flow(name="metered")
    @accompanied
    def work():
        count("photographs_explained", 7)
        count("chunks_failed", 2)
        return 1

    work()
    with get_client(sync_client=True) as client:
        metered = FlowFilter(name=FlowFilterName(any_=["metered"]))
        (run,) = client.read_flow_runs(flow_filter=metered)
        assert run.labels["coin_xai.photographs_explained"] == 7
        assert run.labels["coin_xai.chunks_failed"] == 2
        tables = [one for one in client.read_artifacts() if one.flow_run_id == run.id and one.type == "table"]
    (table,) = tables
    assert '{"what": "chunks_failed", "how much": 2}' in table.data


LEAVING = """
from opentelemetry.metrics import set_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from flows.leaving import leave
from tasks.running.meters import count

set_meter_provider(MeterProvider([PeriodicExportingMetricReader(ConsoleMetricExporter(), 3_600_000)]))
count("chunks_done", 3)
leave()
"""


def test_a_process_that_leaves_at_once_sends_its_last_metrics():
    done = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, check=True)
    assert "coin_xai.chunks_done" in done.stdout
