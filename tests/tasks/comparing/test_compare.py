import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from coin_xai.evidence.typical import typical_first
from coin_xai.report.comparison.page import render
from coin_xai.report.data import content_of
from storage.errors import RunBusyError
from storage.layout import RunLayout
from storage.lock import holding
from storage.tables import read_frame
from tasks.comparing import compare as module
from tasks.comparing.compare import DOWNLOADS, TYPICAL, compare_runs
from tests.tasks.comparing.conftest import NAMES, TRUTH


def written(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_comparison_has_its_tables_partitions_and_pages(three):
    layout = compare_runs(three, label="type").layout
    assert layout.root.parent == three[0].parent / "comparisons"
    for name in DOWNLOADS:
        parquet, csv = (read_frame(layout.tables / f"{name}.{form}") for form in ("parquet", "csv"))
        assert parquet.columns.tolist() == csv.columns.tolist()
        assert len(parquet) == len(csv)
    clusters = json.loads((layout.partitions / "coarse.json").read_text())
    assert clusters == dict(zip(NAMES, (TRUTH // 2).tolist(), strict=True))
    for language in ("en", "de"):
        assert f'lang="{language}"' in layout.page(language).read_text()


def test_the_same_comparison_is_made_once_and_another_beside_it(three):
    first = compare_runs(three)
    assert len(first.findings.coin_ids) == 40
    before = written(first.layout.root)
    again = compare_runs(three)
    assert again == (first.layout, None)
    assert written(first.layout.root) == before
    others = [compare_runs(three[::-1]), compare_runs(three, label="type"), compare_runs(three[:2])]
    assert len({first.layout.root, *(one.layout.root for one in others)}) == 4
    assert written(first.layout.root) == before


def test_a_comparison_that_was_damaged_or_left_is_made_again(three, monkeypatch):
    layout = compare_runs(three).layout
    (layout.tables / "runs.csv").write_text("")
    assert compare_runs(three).findings is not None
    assert (layout.tables / "runs.csv").stat().st_size > 0
    shutil.rmtree(layout.root)

    def die(_):
        raise OSError("died")

    with monkeypatch.context() as patch:
        patch.setattr(module, "render", die)
        with pytest.raises(OSError, match="died"):
            compare_runs(three)
    assert [path.name for path in layout.root.parent.iterdir()] == ["comparisons.lock"]
    assert compare_runs(three).layout == layout


def renamed(layout):
    """Change the table of coins of a run, as who ingests again does."""
    pd.read_parquet(layout.coins).assign(type="owl").to_parquet(layout.coins)


def test_a_run_that_changed_while_one_waited_is_compared_as_it_is_then(three, monkeypatch):
    @contextmanager
    def late(*path, **patience):
        renamed(RunLayout(three[0]))
        with holding(*path, **patience):
            yield

    with monkeypatch.context() as patch:
        patch.setattr(module, "holding", late)
        made = compare_runs(three, label="type")
    assert set(made.findings.label) == {"owl"}
    assert compare_runs(three, label="type") == (made.layout, None)


def test_a_run_that_changes_while_it_is_compared_leaves_no_comparison(three, monkeypatch):
    def meanwhile(report):
        renamed(RunLayout(three[1]))
        return render(report)

    with monkeypatch.context() as patch:
        patch.setattr(module, "render", meanwhile)
        with pytest.raises(RunBusyError, match=r"second was changed while it was compared; .* command again"):
            compare_runs(three)
    place = three[0].parent / "comparisons"
    assert [path.name for path in place.iterdir()] == ["comparisons.lock"]
    assert compare_runs(three).findings is not None


def test_what_a_killed_comparison_left_goes_with_the_next_one_and_nothing_else(three, tmp_path):
    killed, replaced, foreign = (
        tmp_path / "out" / f".unfinished-{name}" for name in ("0123456789ab", "0123456789ab-old", "coins")
    )
    within = tmp_path / "out" / "run" / ".unfinished-0123456789ab"
    for folder in (killed, replaced, foreign, within):
        (folder / "tables").mkdir(parents=True)
    compare_runs(three, out=tmp_path / "out")
    assert [one.exists() for one in (killed, replaced, foreign, within)] == [False, False, True, True]


def test_it_is_written_where_one_asks_for_it_whoever_has_read_the_runs(three, tmp_path):
    with holding(RunLayout(three[0]).lock):
        layout = compare_runs(three, out=tmp_path / "out").layout
    assert layout.root.parent == tmp_path / "out"
    assert not (three[0].parent / "comparisons").exists()


def test_it_lies_beside_the_run_that_one_stands_in(three, monkeypatch):
    monkeypatch.chdir(three[0])
    layout = compare_runs([Path(), Path("../second")]).layout
    assert layout.root.parent == three[0].parent / "comparisons"


def test_names_that_mean_harm_stay_text_in_every_file(finished):
    hostile = "=1+1<script>"
    ids = [hostile, *NAMES[1:]]
    runs = [finished(name, TRUTH, coin_ids=ids, k=4, table={"type": hostile}) for name in ("a", "b <i>")]
    layout = compare_runs(runs, label="type").layout
    assert f"'{hostile}" in (layout.tables / "coins.csv").read_text()
    assert read_frame(layout.tables / "coins.csv")["coin_id"].tolist()[0] == min(ids)
    for file in (layout.page("en"), *layout.app.glob("*.data.js")):
        assert "<script>" not in file.read_text().replace("<script>\n", "")
    assert "b <i>" not in layout.page("en").read_text()


@pytest.mark.slow
def test_pictures_come_from_the_page_of_a_run_that_has_one(explained_run, tmp_path, finished):
    shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True)
    coin_ids = pd.read_parquet(explained_run.explanation.assignments)["coin_id"].tolist()
    other = finished("other", [number % 3 for number in range(16)], coin_ids=coin_ids, k=3)
    layout = compare_runs([other, tmp_path / "runs" / "test"], label="type").layout
    assert len(list(layout.photographs.glob("*.jpg"))) == 16
    runs = read_frame(layout.tables / "runs.parquet").set_index("run")
    summary = read_frame(explained_run.explanation.recognition / "summary.parquet").set_index("what")
    assert runs.loc["test", "recognition"] == summary.loc["network", "recognition"]
    assert runs.loc["test", "recognition_hog"] == summary.loc["hog", "recognition"]
    assert runs.loc["test", "recognition_shuffled"] == summary.loc["shuffled", "recognition"]
    assert pd.isna(runs.loc["other", "recognition"])
    study = content_of((layout.app / "study.data.js").read_bytes(), "STUDY")
    told = pd.read_parquet(explained_run.explanation.page_app / "coins.parquet")
    for cluster in study["runs"][1]["clusters"]:
        own = typical_first(told[told["cluster"] == cluster["id"]])["coin_id"].tolist()
        assert [study["coins"][one] for one in cluster["typical"]] == own[:TYPICAL]
    assert '<td data-value="">unknown</td>' in layout.page("en").read_text()


def test_the_command_names_the_page_and_what_was_found(three, command_line, tmp_path, monkeypatch):
    runs = three[0].parent
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first").mkdir()  # a folder that is no run hides none
    done = command_line(["compare", "first", runs / "coarse", "--runs", runs, "--label", "type"])
    assert done.exit_code == 0, done.output
    assert "40 coins in common of 2 runs" in done.output
    assert "in cores  100%, shuffled" in done.output
    page = next((runs / "comparisons").glob("*/comparison.html"))
    assert page.name in done.output
    again = command_line(["compare", "first", "coarse", "--runs", runs, "--label", "type"])
    assert "in common" not in again.output
    assert page.parent.name in again.output.replace("\n", "")
