import pytest
import torch
from torchvision import models

from coin_xai.errors import OptionError
from coin_xai.networks import build


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_in_colour_it_computes_what_torchvision_computes(name):
    network = build(name, k=7, generator=torch.Generator().manual_seed(3), sobel=False).eval()
    reference = models.get_model(name, num_classes=7).eval()
    weights = {key.removeprefix("features."): tensor for key, tensor in network.state_dict().items()}
    weights["fc.weight"], weights["fc.bias"] = weights.pop("head.weight"), weights.pop("head.bias")
    reference.load_state_dict(weights)
    photographs = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        torch.testing.assert_close(network(photographs), reference(photographs))


def test_convolutions_are_drawn_by_fan_out():
    network = build("resnet18", k=3, generator=torch.Generator().manual_seed(3))
    assert network.features.conv1.weight.shape == (64, 2, 7, 7)
    found = network.features.layer4[1].conv2.weight.std().item()
    assert found == pytest.approx((2 / (9 * 512)) ** 0.5, rel=0.01)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_narrow_one_has_a_quarter_of_the_filters_everywhere(name):
    narrow, published = (
        build(name, k=3, generator=torch.Generator().manual_seed(3), sobel=False, width=width).features
        for width in (0.25, 1)
    )
    filters = [
        [part.out_channels for part in one.modules() if isinstance(part, torch.nn.Conv2d)]
        for one in (narrow, published)
    ]
    assert [4 * count for count in filters[0]] == filters[1]
    photographs = torch.randn(2, 3, 96, 96)
    network = build(name, k=3, generator=torch.Generator().manual_seed(3), width=0.25).eval()
    assert network.penultimate(photographs).shape == (2, network.head.in_features)
    assert network(photographs).shape == (2, 3)
    network.train().penultimate(photographs).sum().backward()  # narrower ones end the process here


def test_one_that_is_too_narrow_is_refused():
    with pytest.raises(OptionError, match=r"width is 0\.125, and ResNets narrower than 0\.25"):
        build("resnet18", k=3, generator=torch.Generator(), width=0.125)
