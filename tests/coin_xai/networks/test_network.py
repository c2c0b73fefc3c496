import pytest
import torch

from coin_xai.networks import build

NARROW = {"alexnet": 1 / 16, "vgg16": 1 / 16, "resnet18": 1.0, "resnet50": 1.0}


def generator():
    return torch.Generator().manual_seed(31)


@pytest.fixture(params=NARROW)
def network(request):
    return build(request.param, k=3, generator=generator(), width=NARROW[request.param])


def test_logits_are_head_of_rectified_penultimate_features(network):
    network.eval()
    photographs = torch.randn(2, 3, network.input_size_px, network.input_size_px)
    with torch.inference_mode():
        features = network.penultimate(photographs)
        assert features.shape == (2, network.head.in_features)
        torch.testing.assert_close(network(photographs), network.head(features.relu()))


def test_the_attribution_layer_gives_rectified_maps_and_is_used_once(network):
    seen = []
    network.eval().get_submodule(network.attribution_layer).register_forward_hook(
        lambda _module, _inputs, output: seen.append(output.clone())
    )
    with torch.inference_mode():
        network(torch.randn(1, 3, 224, 224))
    (maps,) = seen
    assert maps.ndim == 4
    assert maps.shape[2] in (7, 13, 14)
    assert maps.min() >= 0
    assert maps.max() > 0


def test_every_backbone_weight_learns_and_nothing_else_does(network):
    network.train()(torch.randn(2, 3, 224, 224)).sum().backward()
    with_gradient = {name for name, weight in network.named_parameters() if weight.grad is not None}
    backbone = {id(weight) for weight in network.backbone()}
    expected = {name for name, weight in network.named_parameters() if id(weight) in backbone}
    assert with_gradient == expected | {"head.weight", "head.bias"}
    assert not any(name.startswith("sobel") for name in with_gradient)


def test_weights_come_from_the_generator_alone(network, request):
    name = request.node.callspec.params["network"]
    torch.manual_seed(5)
    second = build(name, k=3, generator=generator(), width=NARROW[name])
    for one, other in zip(network.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", NARROW)
def test_without_a_sobel_front_the_network_sees_three_colours(name):
    network = build(name, k=3, generator=generator(), sobel=False, width=NARROW[name]).eval()
    assert network.features[0].in_channels == 3
    grey = torch.full((1, 3, 224, 224), 0.5)
    red = grey * torch.tensor([2.0, 0.5, 0.5]).view(3, 1, 1)  # of the same mean
    with torch.inference_mode():
        assert not torch.equal(network(grey), network(red))
