import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from storage import checkpoints
from storage.errors import RunBusyError
from storage.lock import holding
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.train import train
from tasks.training import segment
from tasks.training.create_run import create_run, keep_photographs


def test_what_a_killed_training_has_started_is_waited_for(tmp_path, monkeypatch):
    write_drawn_coins(tmp_path / "coins", Issue(coins=6, types=2, seed=7))
    ingested = ingest.fn(tmp_path / "coins", tmp_path / "runs")
    options = TrainingOptions(k=2, width=1 / 16, batch_size=6)
    layout = create_run(ingested, options, folder=tmp_path / "runs", name="run")
    keep_photographs(layout, ingested)
    monkeypatch.setattr(segment, "SECONDS_TO_END", 0)
    with holding(layout.training_lock), pytest.raises(RunBusyError, match="is being worked on by process"):
        train.fn(layout.root, until=1, epochs=1)
    assert checkpoints.latest(layout) is None
    train.fn(layout.root, until=1, epochs=1)
    assert checkpoints.latest(layout) == 1
