import pytest
import torch
from torch import nn
from torchvision import models

from coin_xai.attribution.engines.planned import steps
from coin_xai.attribution.engines.planned.planner import describe
from coin_xai.attribution.engines.planned.tracing import RefusalError
from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.networks import build


def described(network, layer):
    return describe(PrivateCopy(network).network, layer=layer)


def chain(*modules):
    return nn.Sequential(nn.Conv2d(3, 4, 3), *modules, nn.Flatten(), nn.Linear(4, 2))


def test_our_alexnet_is_read_as_it_was_built():
    network = build("alexnet", k=3, generator=torch.Generator(), width=1 / 16)
    description = described(network, "features.16")
    convolution = [steps.Convolution, steps.Affine, steps.Rectifier]
    assert [type(step) for step in description.steps] == [
        steps.SobelFront,
        *convolution,
        steps.MaxPool,
        *convolution,
        steps.MaxPool,
        *convolution * 3,
        steps.MaxPool,
        steps.Flatten,
        *[steps.Linear, steps.Rectifier] * 2,
        steps.Linear,
    ]
    assert description.layer == 18
    assert description.steps[0].replicate
    assert description.steps[1].name == "features.0"
    assert torch.equal(description.steps[-1].weight, network.head.weight)
    assert described(network, "features.15").layer == 17
    assert described(network, "sobel.1").layer == 1


def test_dropout_and_identity_are_no_steps():
    description = described(models.vgg11(num_classes=2), "features.19")
    assert [type(step).__name__ for step in description.steps[-6:]] == [
        "Flatten", "Linear", "Rectifier", "Linear", "Rectifier", "Linear",
    ]  # fmt: skip
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Identity(), nn.Flatten(), nn.Linear(4, 2))
    assert described(network, "1").layer == 1


def test_batch_normalisation_is_a_scale_and_a_shift(settled):
    network = settled(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2)))
    affine = described(network, "1").steps[1]
    signal = torch.randn(2, 4, 3, 3, dtype=torch.float64)
    found = signal * affine.scale[:, None, None] + affine.shift[:, None, None]
    torch.testing.assert_close(found, network[1](signal))


class Softer(nn.Conv2d):
    pass


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.GELU(), r"'1' is GELU, which is not planned for"),
        (Softer(4, 4, 1), r"'1' is Softer"),
        (nn.AvgPool2d(1), r"'1' is AvgPool2d"),
        (nn.InstanceNorm2d(4), r"'1' is InstanceNorm2d"),
        (nn.BatchNorm2d(4, track_running_stats=False), r"'1' normalises by the statistics of each batch"),
        (nn.Conv2d(4, 4, 3, padding="same"), r"'1' has the padding 'same'"),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), r"'1' continues maps by 'reflect'"),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="replicate"), r"'replicate', and is not a Sobel front"),
        (nn.AdaptiveAvgPool2d((None, 1)), r"'1' keeps a side of the maps"),
        (nn.Flatten(2), r"'1' flattens from 2 to -1"),
        (nn.Linear(3, 3), r"a linear layer works on maps"),
    ],
)
def test_what_is_not_planned_for_is_refused_by_name(module, message):
    with pytest.raises(RefusalError, match=message):
        described(chain(module), "0")


@pytest.mark.parametrize(
    ("network", "layer", "message"),
    [
        (chain(), "2", "layer '2' gives no maps of its own"),
        (chain(), "7", "layer '7' is not a single module"),
        (
            nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3)), nn.Flatten(), nn.Linear(4, 2)),
            "0",
            "not a single",
        ),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(3, 2)), "0", "does not flatten its maps once"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten()), "0", "end in a linear layer"),
        (chain(nn.Flatten(), nn.Linear(4, 4)), "0", "does not flatten its maps once"),
    ],
)
def test_chains_of_another_order_are_refused(network, layer, message):
    with pytest.raises(RefusalError, match=message):
        described(network, layer)


def test_a_module_used_twice_is_no_layer():
    shared = nn.ReLU()
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), shared, nn.Conv2d(4, 4, 1), shared, nn.Flatten(), nn.Linear(4, 2)
    )
    described(network, "2")
    with pytest.raises(RefusalError, match="not a single module"):
        described(network, "9")
