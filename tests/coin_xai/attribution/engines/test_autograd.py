import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coin_xai.attribution import METHODS, Attributor, Lead
from coin_xai.attribution.engines.autograd import AutogradEngine
from coin_xai.attribution.engines.engine import Needs
from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.errors import NetworkError
from coin_xai.networks import Sobel

GUIDED = "guided_backpropagation"

EXACT = 1e-10


def test_the_features_on_both_sides_of_the_last_rectifier_are_found():
    tail = [nn.Linear(108, 6), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(6, 2)]
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU(), nn.Flatten(), *tail).eval()
    photographs = torch.randn(4, 3, 8, 8)
    engine = AutogradEngine(PrivateCopy(network), layer="1")
    scores = engine.forward(photographs, Needs(maps=True, map_gradients=True, rules=())).scores
    expected = network[:4](photographs)
    torch.testing.assert_close(scores.penultimate, expected)
    assert (scores.penultimate < 0).any()
    torch.testing.assert_close(scores.head_input, expected.relu())
    assert torch.equal(scores.head_weight, network[-1].weight)


def test_without_a_rectifier_before_the_head_both_features_are_the_same():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2))
    engine = AutogradEngine(PrivateCopy(network), layer="1")
    scores = engine.forward(torch.randn(2, 3, 8, 8), Needs(maps=False, map_gradients=False, rules=())).scores
    assert torch.equal(scores.penultimate, scores.head_input)


def test_a_network_that_does_not_end_in_a_linear_layer_is_refused():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(NetworkError, match=r"not what its last nn\.Linear puts out"):
        Attributor(network, layer="0").attribute(
            torch.randn(1, 3, 8, 8), torch.tensor([0]), methods=["grad_cam"]
        )


def test_networks_that_flatten_by_a_view_are_shown_maps_in_the_order_that_it_needs(reference, relative_error):
    class ByView(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu, self.head = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4 * 36, 3)

        def forward(self, photographs):
            return self.head(self.relu(self.conv(photographs)).view(-1, 4 * 36))

    network, photographs = ByView().double(), torch.randn(3, 3, 8, 8, dtype=torch.float64)
    class_index = torch.tensor([0, 2, 1])
    attributor = Attributor(network, layer="relu", engine="autograd")
    for _ in range(2):
        found = attributor.attribute(photographs, class_index, methods=METHODS)
        maps, gradient = reference(network, photographs, class_index, layer="relu")
        assert (
            relative_error(
                found.maps["grad_cam"], (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)
            )
            <= EXACT
        )


def test_colours_that_get_in_beside_the_sobel_front_are_kept():
    class TwoFronts(nn.Module):
        def __init__(self):
            super().__init__()
            self.sobel, self.mix = Sobel(), nn.Conv2d(3, 2, 1)
            self.tail = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))

        def forward(self, photographs):
            return self.tail(self.sobel(photographs) + self.mix(photographs))

    found = Attributor(TwoFronts(), layer="mix").attribute(
        torch.randn(2, 3, 8, 8), torch.tensor([0, 1]), methods=["gradient"]
    )
    assert found.gradients["gradient"].shape == (2, 3, 8, 8)


@pytest.mark.parametrize("methods", [["grad_cam"], METHODS])
def test_maps_are_kept_when_what_they_are_a_view_of_changes_later(methods, reference, relative_error):
    class Alias(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.layer, self.relu = nn.Conv2d(3, 4, 3), nn.Identity(), nn.ReLU()
            self.head = nn.Linear(4, 2)

        def forward(self, photographs):
            maps = self.conv(photographs)
            rectified = self.relu(self.layer(maps))
            maps += 5
            return self.head((rectified + maps).mean(dim=(2, 3)))

    network = Alias().double()
    photographs, class_index = torch.randn(3, 3, 8, 8, dtype=torch.float64), torch.tensor([0, 1, 0])
    found = Attributor(network, layer="layer").attribute(photographs, class_index, methods=methods)
    maps, gradient = reference(network, photographs, class_index, layer="layer")
    assert (
        relative_error(found.maps["grad_cam"], (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1))
        <= EXACT
    )


class Functional(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.conv, self.relu, self.head = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4, 2)

    def forward(self, photographs):
        return self.head(self.function(self.relu(self.conv(photographs)) - 0.1).mean(dim=(2, 3)))


@pytest.mark.parametrize("function", [F.relu, F.relu_, F.gelu, F.leaky_relu, nn.GELU()])
def test_other_rectifiers_are_refused_for_guided_methods_only(function, reference, relative_error):
    network = Functional(function).double()
    photographs, class_index = torch.randn(3, 3, 8, 8, dtype=torch.float64), torch.tensor([0, 1, 0])
    attributor = Attributor(network, layer="conv")
    for method in ("guided_backpropagation", "guided_grad_cam"):
        with pytest.raises(NetworkError, match=r"the guided rule .* rectifies by"):
            attributor.attribute(photographs, class_index, methods=[method])
    with pytest.raises(NetworkError, match=r"the deconv rule .* rectifies by"):
        attributor.attribute(photographs, class_index, methods=["deconvnet"])
    found = attributor.attribute(photographs, class_index, methods=["grad_cam", "gradient"])
    maps, gradient = reference(network, photographs, class_index, layer="conv")
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)
    assert relative_error(found.maps["grad_cam"], expected) <= EXACT


def test_layers_that_are_used_twice_or_never_or_in_vain_are_refused():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.twice, self.never, self.vain = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
            self.head = nn.Linear(3, 3)

        def forward(self, photographs):
            self.vain(photographs)
            return self.head(self.twice(self.twice(photographs)).mean(dim=(2, 3)))

    for layer, message in (("twice", "used 2 times"), ("never", "used 0 times"), ("vain", "do not depend")):
        for methods in (["grad_cam"], METHODS):
            with pytest.raises(NetworkError, match=message):
                Attributor(Odd(), layer=layer).attribute(
                    torch.randn(1, 3, 8, 8), torch.tensor([0]), methods=methods
                )


@pytest.mark.parametrize("moment", ["forward", "backward", "target"])
def test_an_exception_inside_leaves_nothing_behind(network, explainer, coins, monkeypatch, moment):
    photographs, class_index = coins(2)
    attributor = explainer(network, engine="autograd")
    expected = attributor.attribute(photographs, class_index, methods=METHODS)
    private = attributor._choice.copy.network

    def hooks():
        return [len(module._forward_hooks) for both in (network, private) for module in both.modules()]

    before = hooks(), copy.deepcopy(network.state_dict())

    class InterruptError(Exception):
        pass

    def interrupt(*_args, **_kwargs):
        raise InterruptError

    target = {
        "forward": "torch.nn.functional.batch_norm",
        "backward": "coin_xai.attribution.engines.rectifiers.pass_back",
        "target": "coin_xai.attribution.targets.Lead.gradient",
    }[moment]
    with monkeypatch.context() as patch:
        patch.setattr(target, interrupt)
        with pytest.raises(InterruptError):
            attributor.attribute(photographs, class_index, methods=METHODS, target=Lead())
    assert hooks() == before[0]
    assert torch.is_grad_enabled()
    assert attributor._choice.copy.switch.rule == "standard"
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[1][name])
    again = attributor.attribute(photographs, class_index, methods=METHODS)
    assert torch.equal(again.maps["grad_cam"], expected.maps["grad_cam"])
    assert torch.equal(again.gradients[GUIDED], expected.gradients[GUIDED])
