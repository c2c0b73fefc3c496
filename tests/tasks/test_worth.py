import json

import pandas as pd
import pytest

from storage.manifest import read_manifest
from tasks.explaining.recognition import read_recognition
from tasks.worth import NoEvidence, worth_of


@pytest.fixture
def tables(explained_run):
    return read_recognition(explained_run.explanation)


def test_the_manifest_says_what_the_run_and_each_cluster_is_worth(explained_run, tables):
    worth = read_manifest(explained_run.explanation.root)["worth"]
    assert worth == json.loads(json.dumps(worth_of(tables)))
    assert worth["recognition"]["repeated"] == "training"
    assert not worth["recognition"]["upper_bound"]
    assert worth["recognition"]["network"]["recognition"] == tables.recognition("network")
    assert {"hog", "untrained", "shuffled", "largest", "neighbours"} <= set(worth["recognition"])
    clusters = tables.clusters.set_index("cluster")
    assert {int(cluster) for cluster in worth["clusters"]} == set(clusters.index)
    assert all(worth["clusters"][str(one)]["reason"] == row["reason"] for one, row in clusters.iterrows())


def test_maps_and_pictures_of_clusters_without_evidence_are_marked_and_no_others(explained_run, tables):
    files = read_manifest(explained_run.explanation.root)["files"]
    evidence = tables.clusters.set_index("cluster")["evidence"]
    assert not evidence.all(), "draw coins of which some cluster has no evidence"
    for name, facts in files.items():
        kind, *parts = name.split("/")
        cluster = {"maps": 0, "results": 1}.get(kind)
        without = cluster is not None and not evidence[int(parts[cluster])]
        a_map = not name.endswith(("-photograph.jpg", "-match.jpg", "_done.json"))
        assert ("evidence" in facts) == (without and a_map), name
        assert facts.get("evidence", False) is False


def test_the_name_of_a_coin_marks_nothing(explained_run, tables):
    clusters = pd.DataFrame({"cluster": [1], "evidence": [False]})
    marked = NoEvidence(explained_run.explanation, 2, type(tables)(tables.coins, clusters, tables.summary))
    assert marked("results/2/1/a-grad_cam.png") == marked("maps/1/0/maps.parquet") == {"evidence": False}
    assert marked("results/2/11/a-grad_cam.png") == marked("maps/11/0/maps.parquet") == {}
    assert marked("page/pictures/1/a.jpg") == marked("results/2/1/a-photograph.jpg") == {}
