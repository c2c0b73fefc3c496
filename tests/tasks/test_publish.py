import json
import shutil

import pandas as pd
import pytest

from coin_xai.attribution.options import ExplanationOptions
from storage.layout import RunLayout
from storage.manifest import verify
from storage.maps import read_maps, write_maps
from tasks.collection import shards
from tasks.explaining.job import ExplanationJob
from tasks.load import load
from tasks.page.annotate import COLUMNS, annotate
from tasks.publish import publish


@pytest.fixture
def run(explained_run, tmp_path):
    """A copy of the run, to be published again."""
    shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True)
    layout = RunLayout(tmp_path / "runs" / explained_run.layout.root.name)
    return layout, layout.explanation(explained_run.explanation.root.name)


def job_of(layout, explanation, **how):
    return ExplanationJob(
        run=layout.root, fingerprint=explanation.root.name, epoch=2, options=ExplanationOptions(), **how
    )


def again(layout, explanation, failures=(), **how):
    return publish.fn(job_of(layout, explanation, **how), failures=list(failures))


def contents(explanation):
    return {path: path.read_bytes() for path in explanation.page.rglob("*") if path.is_file()}


def test_publishing_again_changes_no_byte(run):
    layout, explanation = run
    before = {**contents(explanation), explanation.report: explanation.report.read_bytes()}
    assert again(layout, explanation) == (16, 3)
    assert {**contents(explanation), explanation.report: explanation.report.read_bytes()} == before
    assert verify(explanation.root) == []


def stamps(explanation):
    paths = explanation.report, explanation.manifest, explanation.page_app
    return {path: path.stat().st_ino for path in paths}


def test_the_same_page_is_not_made_again(run):
    layout, explanation = run
    again(layout, explanation)  # the copy is elsewhere, and so `latest` points elsewhere
    before = stamps(explanation)
    assert again(layout, explanation) == (16, 3)
    assert stamps(explanation) == before
    # Asked to trust no size, it looks at everything anew.
    again(layout, explanation, reuse="hash")
    after = stamps(explanation)
    assert all(after[path] != before[path] for path in (explanation.report, explanation.manifest))


def remove_a_part(_layout, explanation):
    next(explanation.page_app.iterdir()).unlink()


def add_a_column(layout, _files):
    table = pd.read_parquet(layout.coins)
    table.assign(mint="Tolosa").to_parquet(layout.coins, index=False)


def note_a_name(layout, explanation):
    notes = layout.root.parent / "notes.csv"
    row = {
        "run": layout.root.name,
        "explanation": explanation.root.name,
        "about": "cluster",
        "cluster": 0,
        "name": "axes",
    }
    pd.DataFrame([row], columns=COLUMNS).to_csv(notes, index=False)
    annotate(layout.root, notes)


def point_elsewhere(layout, _files):
    layout.latest.unlink()


def test_how_long_the_training_took_changes_no_manifest(run):
    layout, explanation = run
    again(layout, explanation)
    before = explanation.manifest.read_bytes()
    figures = pd.read_csv(layout.metrics)
    figures.assign(seconds_learning=figures["seconds_learning"] + 1).to_csv(layout.metrics, index=False)
    again(layout, explanation, reuse="hash")
    assert explanation.manifest.read_bytes() == before


@pytest.mark.parametrize("change", [remove_a_part, add_a_column, note_a_name, point_elsewhere])
def test_whatever_a_page_is_made_of_changes_the_page(run, change):
    layout, explanation = run
    again(layout, explanation)
    before = stamps(explanation)
    change(layout, explanation)
    again(layout, explanation)
    assert stamps(explanation)[explanation.manifest] != before[explanation.manifest]
    assert verify(explanation.root) == []
    assert layout.latest.resolve() == explanation.root


def test_a_page_that_was_removed_is_made_again_with_the_same_bytes(run):
    layout, explanation = run
    before = {**contents(explanation), explanation.report: explanation.report.read_bytes()}
    shutil.rmtree(explanation.page)
    explanation.report.unlink()
    (all_clusters,) = shards(explanation, [0, 1, 2], at_most=1)
    load.fn(job_of(layout, explanation), all_clusters)
    again(layout, explanation)
    assert {**contents(explanation), explanation.report: explanation.report.read_bytes()} == before


def test_failures_are_told_and_only_the_others_are_shown(run):
    layout, explanation = run
    clusters = pd.read_parquet(explanation.assignments)["cluster"]
    lost = int(clusters.min())
    shutil.rmtree(explanation.pictures(2, lost))
    shown = again(layout, explanation, [(f"cluster {lost}", "OSError: disk")])
    assert shown == ((clusters != lost).sum(), 2)
    page = explanation.report.read_text()
    assert f"<b>cluster {lost} failed.</b> OSError: disk" in page
    assert f'id="cluster-{lost}"' not in page
    assert verify(explanation.root) == []


def test_when_every_cluster_failed_no_page_of_before_stays(run):
    layout, explanation = run
    shutil.rmtree(explanation.root / "results")
    assert again(layout, explanation) == (0, 0)
    assert not explanation.report.exists()
    assert not explanation.manifest.exists()
    assert not explanation.page.exists()


def test_the_table_of_clusters_has_plain_columns(run):
    _, explanation = run
    table = pd.read_csv(explanation.page_app / "clusters.csv")
    assert table["size"].sum() == 16
    assert {"sharpness_deviation", "evidence_in_ring_0", "nearest_clusters", "mean_map_maximum"} <= set(table)
    assert len(table["nearest_clusters"].iloc[0].split()) == 2


def test_the_manifest_tells_what_computed_the_maps_and_of_which_layer(run):
    _, explanation = run
    made_by = json.loads(explanation.manifest.read_text())["made_by"]
    engine = "autograd: 'features.0' is OrientedCells, which is not planned for"
    assert made_by == {"layer": "features.6", "coins_by_engine": {engine: 16}}


def test_maps_that_do_not_tell_their_engine_are_published_all_the_same(run):
    layout, explanation = run
    for chunk in explanation.root.glob("maps/*/*/maps.parquet"):
        coin_ids, columns = read_maps(chunk)
        del columns["engine"]
        write_maps(chunk, coin_ids, columns)
    assert again(layout, explanation, reuse="hash") == (16, 3)
    made_by = json.loads(explanation.manifest.read_text())["made_by"]
    assert made_by["coins_by_engine"] == {"not recorded": 16}


def test_what_was_noted_of_this_explanation_stands_on_its_page(run):
    layout, explanation = run
    coin = pd.read_parquet(explanation.assignments).iloc[0]
    notes = layout.root / "notes.csv"
    fingerprint = explanation.root.name
    said = {"run": layout.root.name, "explanation": fingerprint, "about": "coin", "note": "a pegasus"}
    row = {**dict.fromkeys(COLUMNS), **said, "coin_id": coin["coin_id"], "cluster": coin["cluster"]}
    pd.DataFrame([row]).to_csv(notes, index=False)
    annotate(layout.root, notes)
    again(layout, explanation)
    assert "a pegasus" in (explanation.page_app / "page.data.js").read_text()
    assert verify(explanation.root) == []
