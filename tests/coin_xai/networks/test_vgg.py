import pytest
import torch

from coin_xai.networks import build


def test_full_width_is_the_published_network():
    network = build("vgg16", k=10, generator=torch.Generator().manual_seed(31))
    convolutions = [
        number for number, layer in enumerate(network.features) if isinstance(layer, torch.nn.Conv2d)
    ]
    assert convolutions == [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40]
    assert network.classifier[0].in_features == 512 * 7 * 7
    assert {"classifier.0.weight", "classifier.3.weight"} <= set(network.state_dict())
    # 14,713,536 weights of torchvision's convolutions with 3 channels, less 64 filters of one channel,
    # with 2 x 4,224 of batch normalisation, and the two linear layers.
    expected = 14_714_688 - 64 * 9 + 2 * 4224 + (25088 + 1) * 4096 + (4096 + 1) * 4096
    assert sum(parameter.numel() for parameter in network.backbone()) == expected
    assert network.features[40].weight.std().item() == pytest.approx((2 / (9 * 512)) ** 0.5, rel=0.01)
    assert network.head.weight.std().item() == pytest.approx(0.01, rel=0.05)
