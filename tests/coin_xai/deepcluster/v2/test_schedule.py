import math

import pytest
import torch

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.v2.schedule import learning_rate

OPTIONS = TrainingOptions(trainer="deepcluster-v2", learning_rate=0.4, schedule_epochs=40)
RISE = 2  # of 40 epochs


def test_it_is_a_linear_rise_and_half_a_cosine_of_pytorch():
    steps_per_epoch = 10
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    rise = torch.optim.lr_scheduler.LinearLR(optimiser, 1 / 16, total_iters=RISE * steps_per_epoch)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 38 * steps_per_epoch, eta_min=0.0004)
    both = torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], [RISE * steps_per_epoch])
    for step in range(40 * steps_per_epoch):
        assert learning_rate(step / steps_per_epoch, OPTIONS) == pytest.approx(both.get_last_lr()[0])
        optimiser.step()
        both.step()


@pytest.mark.parametrize(
    ("epochs", "rate"), [(0, 0.4 / 16), (RISE, 0.4), (21, 0.2002), (40, 0.0004), (400, 0.0004)]
)
def test_it_begins_peaks_and_stays_where_it_should(epochs, rate):
    assert learning_rate(epochs, OPTIONS) == pytest.approx(rate)


def test_a_schedule_of_one_epoch_is_finite():
    short = OPTIONS.model_copy(update={"schedule_epochs": 1})
    assert all(math.isfinite(learning_rate(step / 7, short)) for step in range(20))
