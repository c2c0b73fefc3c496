"""What a real server knows of what was made of what."""

import pytest
from prefect.client.orchestration import get_client

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
        TrainingOptions(k=3, width=0.0625, batch_size=8),
        Duration(epochs=1),
        Place(runs=str(runs), name=name),
    )


def made_of(event):
    return [one["prefect.resource.id"] for one in event["related"] if one["prefect.resource.role"] == "asset"]


def test_a_study_tells_what_was_made_of_what_and_nothing_when_all_is_done(coins, tmp_path):
    explanation = run_on(coins, tmp_path, study, "of what")
    (page,) = wait_until(lambda: events(MADE, ending="pages/of=20what"), "the page")
    chain, keys = [page], []
    while upstream := made_of(chain[-1]):
        (key,) = upstream
        keys.append(key)
        # Earlier tests may have told of the same photographs.
        chain.append(wait_until(lambda key=key: events(MADE, ending=key), key)[-1])
    layout = RunLayout(tmp_path / "of what")
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
    assert explained["checkpoint_sha256"] == checkpoint["checkpoint_sha256"] == checkpoints.hash_of(layout, 1)
    assert checkpoint["coins"] == run["coins"] == photographs["coins"] == 18
    assert (run["k"], run["profile"], photographs["broken"]) == (3, "small", 1)
    assert 0 <= checkpoint["head_fit"] <= 1

    # The second time everything is found done. Another study, which ends after it, is heard of.
    run_on(coins, tmp_path, study, "of what")
    run_on(coins, tmp_path, study, "another")
    wait_until(lambda: events(MADE, ending="pages/another"), "the other page")
    assert len(events(MADE, ending="pages/of=20what")) == 1
    assert len(events(MADE, ending="checkpoints/of=20what/1")) == 1


def test_a_finished_checkpoint_is_announced_once_and_none_of_a_study(coins, tmp_path):
    run_on(coins, tmp_path, study, "studied")
    for _ in range(2):
        run_on(coins, tmp_path, train_clusters, "announced")
    run_on(coins, tmp_path, train_clusters, "last")
    wait_until(lambda: events(FINISHED, ending="checkpoints/last/1"), "the last one")
    (event,) = events(FINISHED, ending="checkpoints/announced/1")
    assert (event["payload"]["run_folder"], event["payload"]["epoch"]) == (str(tmp_path / "announced"), 1)
    assert events(FINISHED, ending="checkpoints/studied/1") == []
