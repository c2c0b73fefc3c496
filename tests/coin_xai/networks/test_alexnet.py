import pytest
import torch
from torch.nn import functional as F

from coin_xai.networks import build


def generator():
    return torch.Generator().manual_seed(31)


def test_full_width_is_the_published_network():
    network = build("alexnet", k=10, generator=generator())
    backbone = [*network.features.parameters(), *network.classifier.parameters()]
    assert sum(parameter.numel() for parameter in backbone) == 58_272_480  # counted on the reference
    assert list(network.state_dict())[:4] == [
        "sobel.0.weight",
        "sobel.0.bias",
        "sobel.1.weight",
        "sobel.1.bias",
    ]
    assert {
        "features.0.weight",
        "features.14.bias",
        "features.15.running_mean",
        "classifier.4.weight",
    } <= set(network.state_dict())
    # He, fan-out: sqrt(2 / (5 * 5 * 256))
    assert network.features[4].weight.std().item() == pytest.approx((2 / (25 * 256)) ** 0.5, rel=0.01)
    assert network.classifier[1].weight.std().item() == pytest.approx(0.01, rel=0.01)


def test_the_attribution_layer_is_the_rectified_last_convolution():
    network = build("alexnet", k=3, generator=generator(), width=1 / 16).eval()
    seen = {}
    network.get_submodule(network.attribution_layer).register_forward_hook(
        lambda _module, _inputs, output: seen.update(maps=output.clone())
    )
    with torch.no_grad():
        network(torch.randn(2, 3, 224, 224))
    assert seen["maps"].shape == (2, 16, 13, 13)
    assert seen["maps"].min() == 0


def test_memory_layout_does_not_change_the_result():
    network = build("alexnet", k=3, generator=generator(), width=1 / 16).eval().double()
    photographs = torch.randn(2, 3, 224, 224, dtype=torch.float64)
    with torch.no_grad():
        plain = network(photographs)
        last = network.to(memory_format=torch.channels_last)(
            photographs.to(memory_format=torch.channels_last)
        )
    torch.testing.assert_close(plain, last, rtol=1e-12, atol=1e-14)


def test_the_penultimate_features_are_signed_and_rectified_before_the_head():
    network = build("alexnet", k=3, generator=generator(), width=1 / 16).eval()
    photographs = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        features = network.penultimate(photographs)
        assert features.min() < 0
        torch.testing.assert_close(network(photographs), network.head(F.relu(features)))


@pytest.mark.parametrize(("sobel", "channels"), [(True, 2), (False, 3)])
def test_the_first_convolution_takes_what_the_front_gives(sobel, channels):
    network = build("alexnet", k=3, generator=generator(), sobel=sobel, width=1 / 16)
    assert network.features[0].in_channels == channels


def test_weights_come_from_the_generator_alone():
    first = build("alexnet", k=3, generator=generator(), width=1 / 16)
    torch.manual_seed(5)
    second = build("alexnet", k=3, generator=generator(), width=1 / 16)
    for one, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(one, other)
