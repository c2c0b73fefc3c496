"""What an explanation is made of, pinned: a fingerprint cannot see code, so its versions must follow it.

Whoever changes a number here raises the version that is named beside it; explanations that are on disk would
otherwise count as done and be mixed with new ones.
"""

import numpy as np
import pytest
import torch

from coin_xai.attribution import METHODS, Attributor
from coin_xai.networks import build
from coin_xai.photographs.square import Square
from tasks.explaining.attribute import columns_of
from tasks.explaining.draw import draw

RAISE = "raise {}, then write the new numbers here"


def waves(*shape, step=0.37):
    """Return values between -1 and 1 that no generator decides."""
    return torch.sin(torch.arange(int(np.prod(shape)), dtype=torch.float64) * step).reshape(shape)


@pytest.fixture(scope="module")
def columns():
    """What is kept of two photographs by a network whose weights are waves."""
    network = build("alexnet", k=3, generator=torch.Generator(), width=1 / 16).double().eval()
    with torch.no_grad():
        for number, weights in enumerate(network.parameters()):
            weights.copy_(waves(*weights.shape, step=0.37 + 0.01 * number) * 2 / weights[0].numel() ** 0.5)
    photographs = waves(2, 3, 224, 224, step=0.0137)
    attributor = Attributor(network, layer=network.attribution_layer)
    return columns_of(attributor.attribute(photographs, torch.tensor([0, 2]), methods=METHODS))


GOLDEN = {
    "grad_cam": [0.00188863, 0.00960958, -0.000293622],
    "grad_cam_maximum": [0.00566077, 0.00904348, 0.00904348],
    "guided_backpropagation": [0.0266706, 1.0, 0.336426],
    "guided_backpropagation_scale": [22.8609, 22.8945, 22.8274],
    "logit": [7.24125, 9.17543, 5.30706],
    "no_positive_evidence": [0.0, 0.0, 0.0],
    "penultimate": [10.4026, 18.8549, 9.43383],
    "runner_up_logit": [7.22862, 9.25058, 9.25058],
    "value": [7.24125, 9.17543, 5.30706],
}
"""Mean and greatest size of each column, and one of its values."""


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_maps_of_these_versions_are_these(columns, name):
    found = columns[name].double()
    told = [found.abs().mean().item(), found.abs().max().item(), found.flatten()[found.numel() // 3].item()]
    assert told == pytest.approx(GOLDEN[name], rel=2e-3, abs=1e-12), RAISE.format("ALGORITHM_VERSION")


def test_nothing_is_kept_that_is_not_pinned(columns):
    assert set(columns) == set(GOLDEN), RAISE.format("ALGORITHM_VERSION")


PICTURES = {
    "grad_cam": [60, 80, 3, 144.585, 65.506, 219.0],
    "guided_backpropagation": [224, 224, 128.398, 89.67, 215.0],
    "guided_grad_cam": [224, 224, 128.251, 45.042, 200.0],
}
"""Shape, mean, deviation and one pixel of each picture."""


@pytest.mark.parametrize("method", sorted(PICTURES))
def test_pictures_of_these_versions_are_these(method):
    photograph = (waves(60, 80, 3).numpy() * 127 + 128).astype(np.uint8)
    measured = {
        "grad_cam": waves(13, 13, step=0.11).numpy(),
        "guided_backpropagation": waves(224, 224, step=0.0029).numpy(),
    }
    picture = draw((method,), measured, photograph, square=Square(10, 0, 60))[method].astype(float)
    told = [*picture.shape, picture.mean(), picture.std(), picture[30, 41].mean()]
    assert told == pytest.approx(PICTURES[method], abs=0.05), RAISE.format("PICTURES_VERSION")
