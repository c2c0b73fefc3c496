import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from flows.command_line.cli import cli
from tests.conftest import SMALL
from tests.written import make_old, written_since


@pytest.mark.slow
def test_the_whole_job_is_done_once_and_then_reused(study, coins, tmp_path):
    table = str(coins / "truths.csv")
    study(tmp_path, "--epochs", "2", "--coins", table, "--label", "type")
    latest = tmp_path / "test" / "latest"
    assignments = pd.read_parquet(latest / "assignments.parquet")
    assert len(assignments) == 18
    assert {"type", "cluster", "class_index", "margin"} <= set(assignments)
    for row in assignments.itertuples():
        folder = latest / "results" / "2" / str(row.cluster)
        overlay = np.asarray(Image.open(folder / f"{row.coin_id}-grad_cam.jpg"))
        photograph = np.asarray(Image.open(folder / f"{row.coin_id}-photograph.jpg"))
        assert overlay.shape == photograph.shape
        assert (folder / f"{row.coin_id}-guided_grad_cam.jpg").exists()
    photographs = pd.read_parquet(tmp_path / "test" / "coins.parquet")
    assert photographs["error"].notna().sum() == 1
    manifest = (latest / "manifest.json").read_bytes()
    maps = make_old(latest.resolve().rglob("*.jpg"))

    study(tmp_path, "--epochs", "2", "--coins", table, "--label", "type")
    assert (latest / "manifest.json").read_bytes() == manifest
    assert set(latest.resolve().rglob("*.jpg")) == maps
    assert not written_since(maps)

    verified = CliRunner().invoke(cli, ["verify", str(tmp_path / "test")])
    assert verified.exit_code == 0, verified.output
    damaged = next(latest.resolve().rglob("*-grad_cam.jpg"))
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    assert CliRunner().invoke(cli, ["verify", str(tmp_path / "test")]).exit_code == 1
    assert CliRunner().invoke(cli, ["explain", str(tmp_path / "test"), "--reuse", "hash"]).exit_code == 0
    assert CliRunner().invoke(cli, ["verify", str(tmp_path / "test")]).exit_code == 0


@pytest.mark.slow
def test_a_run_with_several_checkpoints_is_reused_and_keeps_every_row(command_line, coins, tmp_path):
    def train(*how):
        where = ("--clustering", "kmeans", "--runs", tmp_path, "--name", "test")
        result = command_line(["train", coins, *SMALL, *where, *how])
        assert result.exit_code == 0, result.output

    train("--epochs", "4", "--checkpoint-every", "1")
    training = tmp_path / "test" / "training"
    before = make_old(training.rglob("*"))
    train("--epochs", "4", "--checkpoint-every", "2")
    assert set(training.rglob("*")) == before
    assert not written_since(before)

    train("--epochs", "2")  # a shorter one later on leaves the longer one whole
    assert pd.read_csv(training / "metrics.csv")["epoch"].tolist() == [0, 1, 2, 3, 4]
    assert (training / "checkpoints" / "0004.pt").exists()
