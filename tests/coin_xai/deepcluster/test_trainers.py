import pytest
import torch

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.trainers import require_processes
from coin_xai.errors import OptionError


def test_one_trainer_learns_on_several_processes(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    require_processes(TrainingOptions(), 64)
    require_processes(TrainingOptions(trainer="deepcluster-v2"), 1)
    with pytest.raises(
        OptionError, match="--processes 2 is for the trainer deepcluster, and this is deepclus"
    ):
        require_processes(TrainingOptions(trainer="deepcluster-v2"), 2)


def test_every_process_needs_a_gpu_of_its_own_where_there_are_any(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    require_processes(TrainingOptions(), 2)
    with pytest.raises(OptionError, match="--processes 3 needs a GPU each, and there are 2: give at most 2"):
        require_processes(TrainingOptions(), 3)
