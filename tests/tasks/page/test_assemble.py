import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coin_xai.evidence.map_agreement import agreement
from storage.layout import RunLayout
from tasks.collection import training_of
from tasks.explaining.explained_coins import MATCHED, explained
from tasks.page.annotate import COLUMNS, MARKS
from tasks.page.assemble import CAPTIONS, assemble

COMMON = {
    "facts": [],
    "warnings": [],
    "metrics": None,
    "broken": None,
    "failed": [],
    "outlines": [],
    "adopted": False,
}


@pytest.fixture(scope="module")
def report(explained_run):
    found = explained(explained_run.explanation, explained_run.epoch)
    return assemble(
        explained_run.layout,
        explained_run.explanation,
        found,
        training=training_of(explained_run.layout),
        **COMMON,
    )


def test_pictures_come_in_their_order_and_each_has_a_caption(report):
    assert [one.name for one in report.shown] == [
        "photograph",
        "hires_cam",
        "match",
        "grad_cam",
        "guided_grad_cam",
        "guided_backpropagation",
    ]
    assert [one.caption for one in report.shown] == [CAPTIONS[one.name] for one in report.shown]


def test_columns_of_the_table_of_coins_are_told_from_ours(report):
    groups = report.groups
    assert groups["type"] == groups["canton_1"] == groups["wear"] == "table"
    assert groups["margin"] == "result"
    assert groups["photo_background"] == "quality"
    assert groups["background"] == "table"  # the mint's own word for what lies behind a coin
    assert not {"sha256", "coin_id", "class_index", "duplicate_of"} & set(groups)


def test_how_far_both_kinds_of_maps_agree_stands_beside_coins_and_clusters(report):
    coins, clusters = report.coins, report.clusters.set_index("cluster")
    expected = agreement(report.heats["hires_cam"], report.heats["match"])
    assert coins["match_agreement"].to_numpy() == pytest.approx(expected, nan_ok=True)
    for name in ("match_agreement", "purity"):
        assert report.groups[name] == "result"
        means = coins.groupby("cluster")[name].mean()
        assert clusters[name].to_dict() == pytest.approx(means.to_dict())
    assert not set(MATCHED) & set(report.groups)


def test_clusters_are_described_in_the_terms_of_the_table_alone(explained_run, monkeypatch):
    monkeypatch.setattr("coin_xai.evidence.shared_values.LEVEL", 1e6)  # of 16 coins little is ever sure
    found = explained(explained_run.explanation, explained_run.epoch)
    report = assemble(
        explained_run.layout,
        explained_run.explanation,
        found,
        training=training_of(explained_run.layout),
        **COMMON,
    )
    told = [one for column in ("shared", "differing") for values in report.clusters[column] for one in values]
    assert told, "draw coins whose clusters share something"
    assert all(report.groups[one.column] == "table" for one in told)
    for cluster, values in zip(report.clusters["cluster"], report.clusters["shared"], strict=True):
        members = report.coins[report.coins["cluster"] == cluster]
        for one in values:
            assert one.here == pytest.approx((members[one.column] == one.value).mean())


def test_what_recognition_says_stands_beside_coins_and_clusters(report):
    groups = report.groups
    assert groups["recognised"] == groups["recognised_as"] == groups["maps_are_evidence"] == "result"
    assert not {"head_agrees", "head_cluster"} & set(groups)
    coins, clusters = report.coins, report.clusters.set_index("cluster")
    shares = coins.groupby("cluster")["recognised"].mean()
    assert clusters["recognition"].to_dict() == pytest.approx(shares.to_dict())
    assert (clusters.loc[coins["cluster"], "evidence"].to_numpy() == coins["maps_are_evidence"]).all()
    assert (coins["recognised"] == (coins["recognised_as"] == coins["cluster"])).all()


def test_of_a_head_from_elsewhere_a_coin_tells_what_it_says(explained_run):
    found = explained(explained_run.explanation, explained_run.epoch)
    shown = assemble(
        explained_run.layout,
        explained_run.explanation,
        found,
        training=training_of(explained_run.layout),
        **COMMON | {"adopted": True},
    )
    assert shown.groups["head_agrees"] == shown.groups["head_cluster"] == "result"


def test_clusters_bear_the_names_that_they_were_given_until_somebody_notes_another(explained_run, tmp_path):
    found = explained(explained_run.explanation, explained_run.epoch)
    found = replace(
        found, coins=found.coins.assign(cluster_name="type " + found.coins["cluster"].astype(str))
    )
    fingerprint = explained_run.explanation.root.name
    noted = {"explanation": fingerprint, "about": "cluster", "cluster": 1, "name": "axes"}
    layout = RunLayout(shutil.copytree(explained_run.layout.root, tmp_path / "runs" / "test", symlinks=True))
    (tmp_path / "runs" / "pixels").symlink_to(explained_run.layout.root.parent / "pixels")
    for notes, name in ((None, "type 1"), (noted, "axes")):
        if notes is not None:
            columns = [*COLUMNS[1:]]
            pd.DataFrame([notes | dict.fromkeys(MARKS, False)], columns=columns).to_parquet(
                layout.annotations
            )
        shown = assemble(layout, explained_run.explanation, found, training=training_of(layout), **COMMON)
        names = shown.notes.set_index("cluster")["name"].to_dict()
        assert names == {0: "type 0", 1: name, 2: "type 2"}
        assert shown.notes["selected"].tolist() == [False] * 3


def test_rows_of_all_tables_are_those_of_the_coins(report):
    count = len(report.coins)
    assert len(report.stems) == len(report.aspect) == count
    assert all(len(maps) == count for maps in report.heats.values())
    assert all(plane.shape == (count, 2) for plane in report.planes.values())
    assert report.clusters["size"].sum() == count


def test_concepts_are_those_of_every_cluster(report):
    assert set(report.concepts) == set(report.clusters["cluster"])
    for cluster, strip in report.concepts.items():
        members = report.coins.loc[report.coins["cluster"] == cluster, "coin_id"]
        assert set(strip.coins) <= set(members)
        assert strip.share.sum() == pytest.approx(1)


def test_every_table_to_take_away_is_there(report, explained_run):
    for table in report.tables:
        for _, address in table.downloads:
            assert (explained_run.explanation.root / address).is_file(), address


def test_aspects_are_those_of_the_photographs(report):
    assert np.allclose(report.aspect, report.coins["width"] / report.coins["height"], atol=0.02)


def test_the_manifest_lists_the_page_and_all_that_it_needs(explained_run):
    listed = set(json.loads(explained_run.explanation.manifest.read_text())["files"])
    root = explained_run.explanation.root
    present = {path.relative_to(root).as_posix() for path in (root / "page").rglob("*") if path.is_file()}
    assert len(present) > 60
    assert present <= listed
