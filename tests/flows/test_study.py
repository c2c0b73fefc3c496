import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from flows.cli import cli

OPTIONS = ["--k", "3", "--width", "0.0625", "--batch-size", "8"]


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work") / "coins"
    result = CliRunner().invoke(cli, ["mint", str(folder), "--coins", "18", "--types", "3", "--seed", "7"])
    assert result.exit_code == 0, result.output
    (folder / "broken.jpg").write_text("<svg/>")
    return folder


def study(coins, runs, *more):
    arguments = ["study", str(coins), *OPTIONS, "--runs", str(runs), "--name", "test", *more]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.mark.slow
def test_the_whole_job_is_done_once_and_then_reused(coins, tmp_path):
    table = str(coins / "truths.csv")
    result = study(coins, tmp_path, "--epochs", "2", "--coins", table, "--label", "type")
    assert result.exit_code == 0, result.output
    latest = tmp_path / "test" / "latest"
    assignments = pd.read_parquet(latest / "assignments.parquet")
    assert len(assignments) == 18
    assert {"type", "cluster", "class_index", "margin"} <= set(assignments)
    for row in assignments.itertuples():
        folder = latest / "results" / "2" / str(row.cluster)
        overlay = np.asarray(Image.open(folder / f"{row.coin_id}-grad_cam.png"))
        photograph = np.asarray(Image.open(folder / f"{row.coin_id}-photograph.jpg"))
        assert overlay.shape == photograph.shape
        assert (folder / f"{row.coin_id}-guided_grad_cam.png").exists()
    photographs = pd.read_parquet(tmp_path / "test" / "coins.parquet")
    assert photographs["error"].notna().sum() == 1
    manifest = (latest / "manifest.json").read_bytes()
    maps = {path: path.stat().st_mtime_ns for path in latest.resolve().rglob("*.png")}

    assert study(coins, tmp_path, "--epochs", "2", "--coins", table, "--label", "type").exit_code == 0
    assert (latest / "manifest.json").read_bytes() == manifest
    assert {path: path.stat().st_mtime_ns for path in latest.resolve().rglob("*.png")} == maps

    verified = CliRunner().invoke(cli, ["verify", str(tmp_path / "test")])
    assert verified.exit_code == 0, verified.output
    damaged = next(latest.resolve().rglob("*-grad_cam.png"))
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    assert CliRunner().invoke(cli, ["verify", str(tmp_path / "test")]).exit_code == 1
    assert CliRunner().invoke(cli, ["explain", str(tmp_path / "test")]).exit_code == 0
    assert CliRunner().invoke(cli, ["verify", str(tmp_path / "test")]).exit_code == 0


@pytest.mark.slow
def test_continued_equals_never_interrupted(coins, tmp_path):
    study(coins, tmp_path / "a", "--epochs", "3")
    study(coins, tmp_path / "b", "--epochs", "1")
    study(coins, tmp_path / "b", "--epochs", "3")
    first, second = (
        pd.read_parquet(tmp_path / one / "test" / "training" / "checkpoints" / "0003.parquet") for one in "ab"
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--k", "1"], "'--k': 1 is not in the range"),
        (["--epochs", "0"], "'--epochs': 0 is not in the range"),
    ],
)
def test_a_wrong_value_names_option_value_and_range(coins, tmp_path, option, words):
    result = CliRunner().invoke(cli, ["study", str(coins), "--runs", str(tmp_path), *option])
    assert result.exit_code == 2
    assert words in result.output
