import dataclasses
import functools

import pytest
import torch
from captum.attr import Deconvolution, GuidedBackprop, LayerGradCam, Saliency
from torch import nn
from torchvision import models

from coin_xai.attribution import Lead, Logit
from coin_xai.attribution.engines.autograd import AutogradEngine
from coin_xai.attribution.engines.engine import Needs, TargetGradient
from coin_xai.attribution.engines.planned.engine import PlannedEngine
from coin_xai.attribution.engines.planned.planner import describe
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.attribution.formulas.grad_cam import signed_cam
from coin_xai.networks import build

EXACT = 1e-10
RULES = ("standard", "guided", "deconv")
EVERYTHING = Needs(maps=True, map_gradients=True, rules=RULES)
SWITCHES = [field.name for field in dataclasses.fields(Rewrites)]
NO_REWRITES = Rewrites(**dict.fromkeys(SWITCHES, False))


def draw(name, **options):
    return build(name, k=4, generator=torch.Generator().manual_seed(2), width=1 / 16, **options)


def averaging():
    """A chain whose head weighs means, with what our own networks have not: groups, dilation, padding."""
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2, padding=3, bias=False),
        nn.ReLU(),
        nn.BatchNorm2d(8),
        nn.MaxPool2d(3, 2, padding=1, ceil_mode=True),
        nn.Conv2d(8, 8, 3, groups=2, dilation=2),
        nn.BatchNorm2d(8, affine=False),
        nn.ReLU(inplace=True),
        nn.Conv2d(8, 6, (3, 1), padding=(2, 0)),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(3),
        nn.Dropout2d(),
        nn.Flatten(),
        nn.Linear(54, 4),
    )


@functools.cache
def torchvision_alexnet():
    """With 64 units in its linear layers instead of 4096; their weights take a second to draw."""
    torch.manual_seed(4)
    network = models.alexnet()
    layers = network.classifier
    layers[1], layers[4], layers[6] = nn.Linear(9216, 64), nn.Linear(64, 64), nn.Linear(64, 4)
    return network


NETWORKS = {
    "alexnet": (lambda: draw("alexnet"), "features.16", 224),
    "alexnet with zeros around": (lambda: draw("alexnet", sobel_padding="zeros"), "features.13", 224),
    "alexnet in colour": (lambda: draw("alexnet", sobel=False), "features.15", 224),
    "alexnet of torchvision": (torchvision_alexnet, "features.11", 96),
    "vgg16": (lambda: draw("vgg16"), "features.42", 224),
    "averaging": (averaging, "8", 45),
}


@pytest.fixture(params=list(NETWORKS))
def case(request, settled):
    make, layer, side = NETWORKS[request.param]
    photographs = torch.randn(
        2, 3, side, side, generator=torch.Generator().manual_seed(5), dtype=torch.float64
    )
    return settled(make()), layer, photographs


def planned(network, layer, rewrites=None):
    description = describe(PrivateCopy(network).network, layer=layer)
    return PlannedEngine(description, rewrites=rewrites or Rewrites())


@pytest.mark.parametrize("target", [Logit(), Lead()], ids=lambda target: target.name)
@pytest.mark.parametrize("rewrites", [Rewrites(), NO_REWRITES], ids=["rewritten", "plain"])
def test_everything_equals_autograd(case, target, rewrites, relative_error, colours):
    network, layer, photographs = case
    class_index = torch.tensor([3, 1])
    one = planned(network, layer, rewrites).forward(photographs, EVERYTHING)
    other = AutogradEngine(PrivateCopy(network), layer=layer).forward(photographs, EVERYTHING)
    target_gradient = target.gradient(one.scores, class_index)
    expected = target.gradient(other.scores, class_index)
    for name in ("logits", "penultimate", "head_input", "head_weight"):
        assert relative_error(getattr(one.scores, name), getattr(other.scores, name)) <= EXACT
    assert relative_error(one.maps, other.maps) <= EXACT
    assert relative_error(one.mean_gradient(target_gradient), other.mean_gradient(expected)) <= EXACT
    assert relative_error(one.map_gradient(target_gradient), other.map_gradient(expected)) <= EXACT
    for rule in RULES:
        found = colours(one.photograph_gradient(target_gradient, rule))
        assert relative_error(found, colours(other.photograph_gradient(expected, rule))) <= EXACT
    signed, also = (
        dataclasses.replace(which, at="penultimate", unit=None) for which in (target_gradient, expected)
    )
    found = colours(one.photograph_gradient(signed, "standard"))
    assert relative_error(found, colours(other.photograph_gradient(also, "standard"))) <= EXACT


@pytest.mark.filterwarnings("ignore::UserWarning")  # Captum says that it hooks rectifiers
def test_the_other_alexnet_equals_captum(relative_error):
    network = torchvision_alexnet().double().eval()
    photographs, units = torch.randn(2, 3, 96, 96, dtype=torch.float64), torch.tensor([3, 1])
    went = planned(network, "features.11").forward(photographs, EVERYTHING)
    target_gradient = Logit().gradient(went.scores, units)
    cam = signed_cam(went.maps, went.mean_gradient(target_gradient))
    expected = LayerGradCam(network, network.features[11]).attribute(photographs, target=units)
    assert relative_error(cam, expected[:, 0].detach()) <= EXACT
    for rule, captum in (("standard", Saliency), ("guided", GuidedBackprop), ("deconv", Deconvolution)):
        options = {"abs": False} if rule == "standard" else {}
        expected = captum(network).attribute(photographs.clone(), target=units, **options)
        assert relative_error(went.photograph_gradient(target_gradient, rule), expected) <= EXACT


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_rewrite_can_be_left_out(switch, settled, relative_error, colours):
    network = settled(draw("alexnet"))
    photographs = torch.randn(2, 3, 224, 224, dtype=torch.float64)
    unit = torch.tensor([0, 2])
    one, other = (
        planned(network, "features.16", rewrites).forward(photographs, EVERYTHING)
        for rewrites in (Rewrites(), Rewrites(**{switch: False}))
    )
    gradients = [Logit().gradient(which.scores, unit) for which in (one, other)]
    assert relative_error(other.mean_gradient(gradients[1]), one.mean_gradient(gradients[0])) <= EXACT
    for rule in RULES:
        found = other.photograph_gradient(gradients[1], rule)
        assert (found.ndim == 4) == (switch == "one_channel")
        assert relative_error(colours(found), colours(one.photograph_gradient(gradients[0], rule))) <= EXACT


def test_float32_takes_the_packed_way(settled):
    network = settled(draw("alexnet")).float()
    photographs = torch.randn(9, 3, 224, 224)
    unit = torch.arange(9) % 4
    one = planned(network, "features.16").forward(photographs, EVERYTHING)
    other = planned(network, "features.16", NO_REWRITES).forward(photographs, EVERYTHING)
    torch.testing.assert_close(one.scores.logits, other.scores.logits, rtol=1e-3, atol=1e-5)
    for rule in RULES:
        target_gradient = Logit().gradient(one.scores, unit)
        found = one.photograph_gradient(target_gradient, rule)
        expected = other.photograph_gradient(target_gradient, rule)[:, 0]
        errors = (found - expected).flatten(1).norm(dim=1) / expected.flatten(1).norm(dim=1)
        assert errors.median() < 1e-5


def test_maps_and_photographs_are_never_overwritten(settled):
    network = settled(draw("alexnet"))
    photographs = torch.randn(2, 3, 224, 224, dtype=torch.float64)
    kept = photographs.clone()
    for layer in ("features.15", "features.14", "features.0"):
        went = planned(network, layer).forward(photographs, EVERYTHING)
        maps = went.maps.clone()
        target_gradient = Logit().gradient(went.scores, torch.tensor([0, 1]))
        gradient = target_gradient.gradient.clone()
        for rule in RULES:
            went.photograph_gradient(target_gradient, rule)
        assert torch.equal(went.maps, maps)
        assert (went.maps < 0).any()
        assert (went.scores.penultimate < 0).any()
        assert torch.equal(target_gradient.gradient, gradient)
    assert torch.equal(photographs, kept)
    rectifier_first = nn.Sequential(nn.ReLU(), nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(98, 2)).double()
    small = photographs[:, :, :9, :9].clone()
    planned(rectifier_first, "1").forward(small, EVERYTHING)
    assert torch.equal(small, kept[:, :, :9, :9])


def test_deconvnet_is_worked_out_once_for_each_unit(settled, monkeypatch):
    engine = planned(settled(draw("alexnet")), "features.16")
    went = engine.forward(torch.randn(4, 3, 224, 224, dtype=torch.float64), EVERYTHING)
    rows = []
    first = engine.operations[engine.flat + 1]
    back = first.back
    monkeypatch.setattr(
        first, "back", lambda gradient, *rest: rows.append(len(gradient)) or back(gradient, *rest)
    )
    for units in ([2, 2, 0, 2], [0, 1, 1, 2], [1, 2, 0, 0]):
        went.photograph_gradient(Logit().gradient(went.scores, torch.tensor(units)), "deconv")
    assert rows == [2, 1]


def test_nothing_is_kept_that_no_method_needs(settled):
    engine = planned(settled(draw("alexnet")), "features.16")
    photographs = torch.randn(1, 3, 224, 224, dtype=torch.float64)
    forward_only = engine.forward(photographs, Needs(maps=True, map_gradients=False, rules=()))
    assert not any(isinstance(memory, torch.Tensor | tuple) and not isinstance(memory, torch.Size)
                   for memory in forward_only._memories)  # fmt: skip


def test_a_start_at_the_signed_features_passes_no_rectifier(settled, relative_error, colours):
    network = settled(draw("alexnet"))
    photographs = torch.randn(2, 3, 224, 224, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2, 256, dtype=torch.float64)
    (expected,) = torch.autograd.grad((network.penultimate(photographs) * weights).sum(), photographs)
    went = planned(network, "features.16").forward(photographs.detach(), EVERYTHING)
    target_gradient = TargetGradient(value=torch.zeros(2), gradient=weights, at="penultimate")
    assert relative_error(colours(went.photograph_gradient(target_gradient, "standard")), expected) <= EXACT
