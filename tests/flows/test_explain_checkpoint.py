from collections import OrderedDict

import pandas as pd
import pytest
import torch

from tasks.explaining.attribute import load_network
from tests.written import make_old, written_since


@pytest.fixture
def explained(study, tmp_path):
    """A run of AlexNet, which the published code has, too."""
    study(tmp_path, "--epochs", "1", "--network", "alexnet")
    return tmp_path / "test"


@pytest.fixture
def foreign(explained, tmp_path):
    """A checkpoint as the published code names its weights, and a table of path and cluster."""
    network, _ = load_network(explained, 1)
    state = OrderedDict(
        (name.replace("features.", "features.module.").replace("head.", "top_layer."), tensor)
        for name, tensor in network.state_dict().items()
    )
    torch.save({"epoch": 1, "arch": "alexnet", "state_dict": state}, tmp_path / "checkpoint.pth.tar")
    coins = pd.read_csv(explained / "latest" / "assignments.csv")[["path", "cluster", "class_index"]]
    coins["path"] = "C:\\museum\\coins\\" + coins["path"]
    coins.to_csv(tmp_path / "clusters.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_a_training_of_another_program_is_explained_by_one_command(command_line, foreign, explained, coins):
    arguments = [
        *("explain", "--checkpoint", foreign / "checkpoint.pth.tar"),
        *("--cluster-log", foreign / "clusters.csv", "--images", coins),
        *("--runs", foreign / "runs", "--name", "thesis"),
    ]
    result = command_line(arguments)
    assert result.exit_code == 0, result.output
    latest = foreign / "runs" / "thesis" / "latest"
    found = pd.read_parquet(latest / "assignments.parquet").set_index("coin_id")["cluster"]
    own = pd.read_parquet(explained / "latest" / "assignments.parquet")
    pd.testing.assert_series_equal(found, own.set_index("coin_id")["cluster"], check_names=False)
    assert len(list((latest / "results" / "1").rglob("*-grad_cam.jpg"))) == 18

    before = make_old(latest.resolve().rglob("*.jpg"))
    assert command_line(arguments).exit_code == 0
    assert set(latest.resolve().rglob("*.jpg")) == before
    assert not written_since(before)


def test_half_of_what_is_needed_is_refused(command_line, coins):
    result = command_line(["explain", "--images", coins])
    assert result.exit_code == 2
    assert "give a RUN, or --checkpoint, --cluster-log and --images together" in result.output
