import shutil
from pathlib import Path

import pandas as pd
import pytest

from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import Answers, Finding
from storage.errors import MissingError
from storage.layout import RunLayout
from storage.markers import committing
from tasks.claims.kept import write_answers
from tasks.comparing.finished_run import read_finished
from tasks.page.annotate import COLUMNS

NONE = pd.DataFrame({"coin_id": []})


@pytest.fixture
def run(explained_run, tmp_path):
    """A copy of the explained run that may be written into."""
    shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True)
    return tmp_path / "runs" / explained_run.layout.root.name


def test_settings_stand_in_one_level_and_places_are_none_of_them(three):
    settings = read_finished(three[0]).settings
    assert {
        "k": 4,
        "epochs": 3,
        "seed": 1,
        "flip": False,
        "photographs": "0123456789ab",
        "algorithm": "deepcluster-8",
    }.items() <= (settings.items())
    assert list(settings)[:3] == ["k", "epochs", "seed"]
    assert not {"features", "init_assignments", "init_weights", "augmentation", "pixels"} & set(settings)


def test_the_last_finished_checkpoint_counts(finished):
    finished("twice", [0] * 20 + [1] * 20, k=4)
    layout = RunLayout(finished("twice", [0] * 39 + [1], k=4, epoch=7))
    found = read_finished(layout.root)
    assert found.epoch == 7
    assert found.partition["cluster"].sum() == 1
    assert found.partition["coin_id"].is_monotonic_increasing


def test_a_run_has_its_name_wherever_one_stands(three, monkeypatch):
    monkeypatch.chdir(three[0])
    assert [read_finished(Path(path)).name for path in (".", "../second")] == ["first", "second"]


def test_a_run_without_a_checkpoint_or_none_at_all_is_refused(three):
    (three[0] / "training" / "checkpoints" / "0003.json").unlink()
    with pytest.raises(MissingError, match="train it"):
        read_finished(three[0])
    with pytest.raises(MissingError, match="runs beside it: coarse, first, second"):
        read_finished(three[0].with_name("fourth"))


def test_a_run_without_a_page_has_neither_maps_nor_verdicts(three):
    found = read_finished(three[0])
    assert found.explanation is None
    assert found.photographs is None
    assert found.recognition() is None
    assert not found.warnings()
    assert found.verdicts().empty


@pytest.mark.slow
def test_what_is_known_of_an_explained_run(run, explained_run):
    found = read_finished(run)
    assert found.explanation.root.name == explained_run.explanation.root.name
    assert len(found.recognition().coins) == 16
    metrics = pd.read_csv(found.layout.metrics)
    assert " ".join(found.warnings()) == metrics["warnings"].fillna("").iloc[-1]
    assert found.verdicts().empty


@pytest.mark.slow
def test_verdicts_are_those_that_the_page_shows(run):
    found = read_finished(run)
    effect = Estimate(0.5, 0.4, 0.6, 16)
    asked = Finding(3, "c", "a share", effect, 0.1, {}, "supported", "it is so", deciding=[])
    with committing(found.explanation.page_claims, "one", parts="radial", runs=[found.name]) as temporary:
        write_answers(
            temporary, Answers((asked,), {6: "lacking"}, frozenset()), measured=NONE, coins=NONE, methods=""
        )
    assert found.verdicts().to_numpy().tolist() == [[3, "c", "supported"]]


@pytest.mark.slow
def test_names_are_those_that_were_noted_of_this_explanation(run):
    found = read_finished(run)
    note = dict.fromkeys(COLUMNS[1:], None) | {"about": "cluster"}
    rows = [
        {**note, "explanation": found.explanation.root.name, "cluster": "1", "name": "axe"},
        {**note, "explanation": found.explanation.root.name, "cluster": "2", "note": "no name"},
        {**note, "explanation": "another", "cluster": "0", "name": "wheel"},
    ]
    pd.DataFrame(rows).astype({"cluster": "int64"}).to_parquet(found.layout.annotations)
    assert found.names() == {1: "axe"}


@pytest.mark.slow
def test_an_explanation_of_another_partition_lends_its_photographs_alone(run):
    file = RunLayout(run).final_assignments(2)
    partition = pd.read_parquet(file)
    partition.loc[0, "cluster"] = 9
    partition.to_parquet(file)
    found = read_finished(run)
    assert found.explanation is None
    assert found.photographs is not None


@pytest.mark.parametrize("name", ["coins", "annotations", "metrics", "baselines"])
def test_the_content_changes_with_whatever_is_shown(three, name):
    run = read_finished(three[0])
    before = run.content()
    assert read_finished(three[0]).content() == before
    file = getattr(run.layout, name)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"other")
    assert run.content() != before
