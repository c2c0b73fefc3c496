from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from storage import runs
from tasks.comparing.finished_run import read_finished
from tasks.running.kept_times import read_times
from tasks.tracking.tracked_run import Figure, tracked


@pytest.fixture(scope="module")
def run(explained_run):
    return read_finished(explained_run.layout.root)


@pytest.fixture(scope="module")
def told(run):
    return tracked(run)


def test_settings_are_those_that_never_change(told, run):
    assert told.settings == {name: str(value) for name, value in run.settings.items() if name != "epochs"}
    assert (told.settings["k"], told.settings["width"]) == ("3", "0.0625")
    assert told.fingerprint == runs.read_record(run.layout)["fingerprint"]


def test_figures_are_those_of_each_epoch_and_of_the_clusters_at_the_last(told, run):
    rows = pd.read_csv(run.layout.metrics).set_index("epoch")
    by_name = {(one.name, one.epoch): one.value for one in told.figures}
    assert len(by_name) == len(told.figures)  # each once, or one would hide the other
    for name in ("loss", "ami_to_previous", "seconds_learning"):
        known = rows[name].dropna()
        assert len(known)
        found = {epoch: value for (one, epoch), value in by_name.items() if one == name}
        assert found == pytest.approx(known.to_dict())
    summary = run.recognition().summary.set_index("what")["recognition"]
    assert by_name["recognition", 2] == summary["network"]
    assert by_name["recognition_hog", 2] == summary["hog"]
    assert by_name["stability", 2] == pytest.approx(run.partition["stability"].mean())
    assert (by_name["epochs", 2], by_name["coins", 2]) == (2, len(run.partition))
    assert not {"epoch", "kmeans_seed", "label", "warnings"} & {one.name for one in told.figures}


def test_epochs_beyond_the_checkpoint_are_not_told(copy):
    rows = pd.read_csv(copy.metrics)
    pd.concat([rows, rows.tail(1).assign(epoch=3, loss=9.0)]).to_csv(copy.metrics, index=False)
    figures = tracked(read_finished(copy.root)).figures
    assert max(one.epoch for one in figures) == 2
    assert 9.0 not in [one.value for one in figures if one.name == "loss"]


def test_what_was_found_and_where_it_lies_is_said(told, run):
    assert told.words.startswith(f"{len(run.partition)} coins in 3 clusters after 2 epochs.\n\nOf the coins")
    assert told.about["page"] == str(run.explanation.report)
    assert told.about["photographs"] == str(runs.source_of(run.layout))
    assert "torch " in told.about["versions"]


def test_words_of_others_are_no_markup(copy):
    rows = pd.read_csv(copy.metrics).assign(label="<b>[x](y)", ami_to_label=0.1, baseline_ami_to_label=0.9)
    rows.to_csv(copy.metrics, index=False)
    words = tracked(read_finished(copy.root)).words
    assert "agree better with \\<b\\>\\[x\\]\\(y\\) " in words.partition("\n\nWarning: Histograms")[2]


def test_the_time_is_that_of_all_stages_without_pauses(told, run):
    assert told.ended - told.begun == timedelta(seconds=sum(one.wall_s for one in read_times(run.layout)))
    assert abs(datetime.now(UTC) - told.begun) < timedelta(days=1)


def test_files_hold_clusters_curves_and_what_clusters_look_like(told, run, tmp_path):
    assert {*told.files} == {"assignments.csv", "curves.png", "clusters.jpg"}
    (tmp_path / "table.csv").write_bytes(told.files["assignments.csv"])
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["cluster"].tolist() == run.partition["cluster"].tolist()


def test_a_run_that_was_not_explained_is_told_without_pictures(copy):
    copy.latest.unlink()
    copy.curves.unlink()
    told = tracked(read_finished(copy.root))
    assert {*told.files} == {"assignments.csv"}
    assert {"page", "versions"} & {*told.about} == set()
    names = {one.name for one in told.figures}
    assert "loss" in names
    assert "recognition" not in names


def test_photographs_that_were_moved_are_no_obstacle(copy, tmp_path):
    runs.remember_source(copy, tmp_path / "gone")
    assert "photographs" not in tracked(read_finished(copy.root)).about


def test_a_figure_that_is_not_known_is_none(copy):
    rows = pd.read_csv(copy.metrics)
    rows.loc[0, "loss"] = float("inf")
    rows.to_csv(copy.metrics, index=False)
    figures = tracked(read_finished(copy.root)).figures
    epochs = [one.epoch for one in figures if one.name == "loss"]
    assert 0 not in epochs
    assert epochs
    assert all(isinstance(one, Figure) for one in figures)
