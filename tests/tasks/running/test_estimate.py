import shutil

import pytest

from storage.layout import RunLayout
from storage.retention import size_of
from tasks.collection import training_of
from tasks.running.estimate import LEARNING, estimate, is_done
from tasks.running.kept_times import StageTimes, write_times


@pytest.fixture
def layout(explained_run, tmp_path):
    """A copy of the run of 16 coins and two epochs, whose stages took 2, 3 and 5 seconds."""
    copy = RunLayout(tmp_path / "run")
    shutil.copytree(explained_run.layout.root, copy.root, symlinks=True)
    shutil.rmtree(copy.times)
    copy.times.mkdir()
    stages = [
        StageTimes(name, seconds, 0.0, None, None)
        for name, seconds in zip((*LEARNING, "load"), (2.0, 3.0, 5.0), strict=True)
    ]
    write_times(copy.times / "one.json", stages)
    return copy


def test_learning_grows_with_epochs_and_all_with_photographs(layout, tmp_path):
    options = training_of(layout).model_copy(update={"k": 9, "seed": 5})
    found = estimate(tmp_path, options, epochs=6, photographs=32)
    assert found.wall_s == pytest.approx(2 * (3 * (2 + 3) + 5))
    assert found.bytes == 2 * size_of(layout.root)


def test_nothing_is_told_from_runs_of_another_network_or_from_unfinished_ones(layout, tmp_path):
    options = training_of(layout)
    other = options.model_copy(update={"network": "resnet18"})
    assert estimate(tmp_path, other, epochs=2, photographs=16) is None
    (layout.latest / "manifest.json").unlink()
    assert estimate(tmp_path, options, epochs=2, photographs=16) is None


def test_a_damaged_run_hides_none_of_the_others(layout, tmp_path):
    shutil.copytree(layout.root, tmp_path / "damaged", symlinks=True)
    (tmp_path / "damaged" / "times" / "one.json").write_text("{")
    assert estimate(tmp_path, training_of(layout), epochs=2, photographs=16) is not None


def test_a_run_is_done_when_its_epoch_is_explained(layout):
    assert is_done(layout, epochs=2)
    assert not is_done(layout, epochs=3)
    assert not is_done(RunLayout(layout.root.parent / "none"), epochs=2)
