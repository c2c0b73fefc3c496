"""What a real server knows of what was made of what."""

import pytest
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from coin_xai.deepcluster.options import TrainingOptions
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from flows.train_clusters import train_clusters
from storage import checkpoints
from storage.layout import RunLayout
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server")]

MADE, FINISHED = "prefect.asset.materialization.succeeded", "coin-xai.checkpoint.finished"


def events(name, *, ending):
    """Return the events of a name about things whose key ends in a text, first one first."""
    wanted = {"filter": {"event": {"name": [name]}, "order": "ASC"}, "limit": 50}
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/events/filter", json=wanted).json()["events"]
    return [event for event in found if ending in event["resource"]["prefect.resource.id"]]


def run_on(coins, runs, flow, name):
    return flow(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8, clustering="kmeans"),
        Duration(epochs=1),
        Place(runs=str(runs), name=name),
    )


def made_of(event):
    return [one["prefect.resource.id"] for one in event["related"] if one["prefect.resource.role"] == "asset"]


@pytest.fixture(scope="module")
def told(coins, server_address, tmp_path_factory):
    """A study and a training, each done and then found done, of which the server has heard all.

    The folder of the runs, and that of the explanation.
    """
    runs = tmp_path_factory.mktemp("lineage")
    settings = {PREFECT_API_URL: server_address, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(settings):
        for _ in range(2):
            explanation = run_on(coins, runs, study, "of what")
            run_on(coins, runs, train_clusters, "announced")
        # Events arrive in the order in which they were sent.
        emit_event("coin-xai-test.end", resource={"prefect.resource.id": str(runs)})
        wait_until(lambda: events("coin-xai-test.end", ending=str(runs)), "the last event")
    return runs, explanation


def test_a_study_tells_what_was_made_of_what_and_nothing_when_all_is_done(told):
    runs, explanation = told
    (page,) = events(MADE, ending="pages/of=20what")
    chain, keys = [page], []
    while upstream := made_of(chain[-1]):
        (key,) = upstream
        keys.append(key)
        # Earlier tests may have told of the same photographs.
        chain.append(events(MADE, ending=key)[-1])
    layout = RunLayout(runs / "of what")
    assert keys[:3] == [
        f"coinxai://explanations/of=20what/{explanation.name}",
        "coinxai://checkpoints/of=20what/1",
        "coinxai://runs/of=20what",
    ]
    assert keys[3].startswith("coinxai://photographs/")
    assert len(keys) == 4

    page, explained, checkpoint, run, photographs = (event["payload"] for event in chain)
    assert page["page"] == str(explanation.resolve() / "report.html")
    assert (explained["coins"], explained["clusters"], explained["failures"]) == (18, 3, 0)
    assert 0 <= explained["recognition_network"] <= 1
    assert 0 <= explained["clusters_with_evidence"] <= 3
    assert "head_fit" not in checkpoint
    assert explained["checkpoint_sha256"] == checkpoint["checkpoint_sha256"] == checkpoints.hash_of(layout, 1)
    assert checkpoint["coins"] == run["coins"] == photographs["coins"] == 18
    assert (run["k"], run["profile"], photographs["broken"]) == (3, "small", 1)
    assert len(events(MADE, ending="checkpoints/of=20what/1")) == 1


def test_a_finished_checkpoint_is_announced_once_and_none_of_a_study(told):
    runs, _ = told
    (event,) = events(FINISHED, ending="checkpoints/announced/1")
    assert (event["payload"]["run_folder"], event["payload"]["epoch"]) == (str(runs / "announced"), 1)
    assert events(FINISHED, ending="checkpoints/of=20what/1") == []
