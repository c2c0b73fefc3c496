import pytest
import torch

from coin_xai.deepcluster.options import TrainingOptions
from storage.errors import MissingError
from storage.layout import RunLayout
from tasks.checkpoint import Checkpoint


@pytest.fixture
def layout(tmp_path):
    return RunLayout(tmp_path / "run")


ONGOING = {
    "options": TrainingOptions(k=5, learning_rate=0.02),
    "training": {"epochs_done": 2, "network": {"weight": torch.arange(3.0)}},
    "algorithm": "seven",
    "versions": {"torch": "9"},
}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"environment": {"processes": "2"}, "partition": {"centroids": torch.ones(2, 2)}},
        {"adopted": {"checkpoint": "x"}},
    ],
)
def test_what_was_saved_is_loaded(layout, more):
    Checkpoint(**ONGOING, **more).save(layout, 2, finished=True)
    found = Checkpoint.load(layout, 2)
    expected = {"environment": None, "partition": None, "adopted": None, **ONGOING, **more}
    for name in ("options", "algorithm", "versions", "environment", "adopted"):
        assert getattr(found, name) == expected[name]
    assert torch.equal(found.training["network"]["weight"], torch.arange(3.0))
    assert (found.partition is None) == (expected["partition"] is None)
    if found.partition is not None:
        assert torch.equal(found.partition["centroids"], torch.ones(2, 2))


def test_one_that_is_not_there_is_named(layout):
    with pytest.raises(MissingError, match="epoch 2"):
        Checkpoint.load(layout, 2)
