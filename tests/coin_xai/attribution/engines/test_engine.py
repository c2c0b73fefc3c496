"""What any engine must give: the numbers of Captum and of hand-written autograd, in double precision."""

import copy

import numpy as np
import pytest
import torch
from captum.attr import (
    Deconvolution,
    GuidedBackprop,
    GuidedGradCam,
    LayerAttribution,
    LayerGradCam,
    Saliency,
)
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from coin_xai.attribution import ALL_METHODS, METHODS, Attributor, Lead
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.formulas.grad_cam import guided_grad_cam
from coin_xai.attribution.formulas.gradients import saliency
from coin_xai.attribution.formulas.heat import heat
from coin_xai.networks import build

GUIDED = "guided_backpropagation"

EXACT = 1e-10  # float64, greatest error of an image over its greatest value
ALEXNET_LAYERS = [
    "features.16",  # a rectifier that worked in place
    "features.15",  # its input, which it overwrote
    "features.14",  # a convolution that batch normalisation follows
    "features.3",  # a pool, far from the logits
]
LAYERS = [
    *(("alexnet", layer) for layer in ALEXNET_LAYERS),
    *(("alexnet by autograd", layer) for layer in ALEXNET_LAYERS[:2]),
    ("resnet", "layer4"),
    ("resnet", "layer4.0.bn2"),  # the block adds its input to this output in place
    ("resnet", "relu"),
]
MAPS_BUT_CAM = tuple(method for method in ALL_METHODS if method != "cam")
CAPTUM = {"gradient": Saliency, "deconvnet": Deconvolution, "guided_backpropagation": GuidedBackprop}
RULES = {"gradient": "standard", "deconvnet": "deconv", "guided_backpropagation": "guided"}


def products_of(found):
    """Return Guided Grad-CAM of each coin."""
    factors = zip(found.gradients[GUIDED], found.maps["grad_cam"], strict=True)
    return torch.stack([torch.from_numpy(guided_grad_cam(one.numpy(), cam.numpy())) for one, cam in factors])


# Captum says that it hooks rectifiers, and torch that a hook cannot see the gradient of a photograph.
captum_warns = pytest.mark.filterwarnings("ignore::UserWarning")


def test_the_parameter_names_the_engine(name, network, explainer, coins):
    found = explainer(network).attribute(*coins(2), methods=METHODS)
    assert found.provenance.engine == ("planned" if name == "alexnet" else "autograd")
    assert bool(found.provenance.engine_reason) == (name != "alexnet")


@captum_warns
@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_grad_cam_equals_captum_and_the_formula(network, layer, explainer, coins, reference, relative_error):
    photographs, class_index = coins(3)
    found = explainer(network).attribute(photographs, class_index, methods=["grad_cam"])
    maps, gradient = reference(network, photographs, class_index, layer=layer)
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)
    captum = LayerGradCam(network, network.get_submodule(layer)).attribute(photographs, target=class_index)
    assert relative_error(found.maps["grad_cam"], expected) <= EXACT
    assert relative_error(found.maps["grad_cam"], captum[:, 0].detach()) <= EXACT
    assert torch.equal(
        found.maximum["grad_cam"], found.maps["grad_cam"].clamp(min=0).flatten(1).max(dim=1).values
    )
    assert not found.gradients


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_maps_that_weigh_single_pixels_equal_their_formulas(
    network, layer, explainer, coins, reference, relative_error
):
    photographs, class_index = coins(3)
    methods = ["hires_cam", "layer_cam", "grad_cam_plus_plus", "grad_cam"]
    found = explainer(network).attribute(photographs, class_index, methods=methods)
    maps, gradient = reference(network, photographs, class_index, layer=layer)
    published = gradient**2 / (2 * gradient**2 + maps.sum(dim=(2, 3), keepdim=True) * gradient**3)
    published = published.where(gradient != 0, 0) * gradient.clamp(min=0)
    expected = {
        "hires_cam": (gradient * maps).sum(dim=1),
        "layer_cam": (gradient.clamp(min=0) * maps).sum(dim=1),
        "grad_cam_plus_plus": (published.sum(dim=(2, 3), keepdim=True) * maps).sum(dim=1),
        "grad_cam": (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1),
    }
    for method, cam in expected.items():
        assert relative_error(found.maps[method], cam) <= EXACT
        assert torch.equal(found.maximum[method], found.maps[method].clamp(min=0).amax(dim=(1, 2)))


@captum_warns
@pytest.mark.parametrize("method", CAPTUM)
def test_gradients_equal_captum_and_the_formula(
    network, explainer, coins, reference, relative_error, colours, method
):
    photographs, class_index = coins(3)
    found = explainer(network).attribute(photographs, class_index, methods=[method])
    gradient = colours(found.gradients[method])
    assert relative_error(gradient, reference(network, photographs, class_index, RULES[method])) <= EXACT
    options = {"abs": False} if method == "gradient" else {}
    captum = CAPTUM[method](copy.deepcopy(network)).attribute(photographs, target=class_index, **options)
    assert relative_error(gradient, captum) <= EXACT
    if method != "gradient":  # the rule did something
        assert relative_error(gradient, reference(network, photographs, class_index)) > 0.1
    assert not found.maps
    assert not found.maximum


@captum_warns
def test_the_saliency_map_equals_captum(network, explainer, coins, relative_error):
    photographs, class_index = coins(2)
    found = explainer(network).attribute(photographs, class_index, methods=["gradient"])
    captum = Saliency(network).attribute(photographs.clone(), target=class_index)
    ours = torch.stack([torch.from_numpy(saliency(one.numpy())) for one in found.gradients["gradient"]])
    assert relative_error(ours, captum.amax(dim=1)) <= EXACT


@captum_warns
def test_guided_grad_cam_equals_captum(network, layer, explainer, coins, relative_error, colours):
    photographs, class_index = coins(4)
    found = explainer(network).attribute(photographs, class_index, methods=METHODS)
    alive = ~found.without_evidence("grad_cam")
    assert alive.any()
    module = network.get_submodule(layer)
    cam = LayerGradCam(network, module).attribute(photographs, target=class_index, relu_attributions=True)
    theirs = LayerAttribution.interpolate(cam.detach(), photographs.shape[2:], interpolate_mode="bilinear")
    captum = GuidedGradCam(network, module).attribute(
        photographs, target=class_index, interpolate_mode="bilinear"
    )
    # Captum leaves the heat as it is; ours is stretched from 0 to 1, which undone gives theirs.
    least = theirs.amin(dim=(1, 2, 3), keepdim=True)
    span = theirs.amax(dim=(1, 2, 3), keepdim=True) - least
    product = colours(products_of(found))
    unstretched = product * span + colours(found.gradients[GUIDED]) * least
    assert relative_error(unstretched[alive], captum[alive]) <= EXACT


def test_finer_cam_is_grad_cam_of_the_lead_over_the_nearest_rival(
    network, layer, explainer, coins, reference, relative_error
):
    photographs, class_index = coins(4)
    found = explainer(network).attribute(photographs, class_index, methods=["finer_cam", "grad_cam"])

    def lead(logits):
        own = torch.nn.functional.one_hot(class_index, 5).bool()
        return logits[own] - 0.6 * logits.masked_fill(own, -torch.inf).amax(dim=1)

    maps, gradient = reference(network, photographs, class_index, layer=layer, value=lead)
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)
    assert relative_error(found.maps["finer_cam"], expected) <= EXACT
    alone = explainer(network).attribute(
        photographs, class_index, methods=["grad_cam"], target=Lead(share=0.6)
    )
    assert relative_error(alone.maps["grad_cam"], expected) <= EXACT
    assert relative_error(found.maps["grad_cam"], expected) > 1e-3


@pytest.mark.parametrize("method", RULES)
def test_another_target_reaches_the_photograph(
    network, explainer, coins, reference, relative_error, colours, method
):
    photographs, class_index = coins(3)
    found = explainer(network).attribute(photographs, class_index, methods=[method], target=Lead())

    def lead(logits):
        own = torch.nn.functional.one_hot(class_index, 5).bool()
        return logits[own] - logits.masked_fill(own, -torch.inf).amax(dim=1)

    expected = reference(network, photographs, class_index, RULES[method], value=lead)
    assert relative_error(colours(found.gradients[method]), expected) <= EXACT
    torch.testing.assert_close(found.value, found.logit - found.runner_up_logit)


@pytest.mark.parametrize(
    ("methods", "ways"),
    [(["grad_cam"], 1), (METHODS, 2), ([*METHODS, "gradient", "deconvnet"], 4)],
    ids=["grad_cam", "three", "six"],
)
def test_one_way_forward_one_way_back_for_each_rule_and_no_more(network, explainer, coins, methods, ways):
    photographs, class_index = coins(2)
    # The quicker gradient of a strided convolution multiplies some zeros, which are no way of their own.
    attributor = explainer(network, rewrites=Rewrites(polyphase_gradient=False))
    attributor.attribute(photographs, class_index, methods=methods)  # plans

    def sums(work):
        with FlopCounterMode(display=False) as counted:
            work()
        return counted.get_total_flops()

    with torch.no_grad():
        forward = sums(lambda: network(photographs))
    # Gradients of weights, or going forward twice, would add the whole of one way.
    taken = sums(lambda: attributor.attribute(photographs, class_index, methods=methods))
    assert (ways - 0.15) * forward < taken < (ways + 0.05) * forward


def test_the_size_of_the_batch_does_not_matter(network, explainer, coins, relative_error):
    photographs, class_index = coins(14)
    attributor = explainer(network)
    whole = attributor.attribute(photographs, class_index, methods=METHODS)
    for size in (1, 7):
        for start in range(0, 14 if size == 7 else 2, size):
            part = slice(start, start + size)
            found = attributor.attribute(photographs[part], class_index[part], methods=METHODS)
            assert relative_error(found.maps["grad_cam"], whole.maps["grad_cam"][part]) <= EXACT
            assert relative_error(found.gradients[GUIDED], whole.gradients[GUIDED][part]) <= EXACT
            torch.testing.assert_close(found.logit, whole.logit[part])


def test_the_memory_layout_does_not_matter(network, explainer, coins, relative_error):
    photographs, class_index = coins(3)
    attributor = explainer(network)
    first = attributor.attribute(photographs, class_index, methods=METHODS)
    for same in (
        photographs.to(memory_format=torch.channels_last),
        photographs.transpose(2, 3).contiguous().transpose(2, 3),
        photographs.flip(0).flip(0),
    ):
        again = attributor.attribute(same, class_index, methods=METHODS)
        assert relative_error(again.maps["grad_cam"], first.maps["grad_cam"]) <= EXACT
        assert relative_error(again.gradients[GUIDED], first.gradients[GUIDED]) <= EXACT


def test_one_channel_in_memory_stands_for_three(network, explainer, coins, relative_error):
    photographs, class_index = coins(3)
    attributor = explainer(network)
    grey = photographs[:, :1].expand(-1, 3, -1, -1)
    found = attributor.attribute(grey, class_index, methods=METHODS)
    dense = attributor.attribute(grey.contiguous(), class_index, methods=METHODS)
    assert relative_error(found.gradients[GUIDED], dense.gradients[GUIDED]) <= EXACT


def test_in_place_rectifiers_give_the_same_maps(network, explainer, coins):
    photographs, class_index = coins(2)
    expected = explainer(network).attribute(photographs, class_index, methods=MAPS_BUT_CAM)
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = not module.inplace
    found = explainer(network).attribute(photographs, class_index, methods=MAPS_BUT_CAM)
    for both in ((found.maps, expected.maps), (found.gradients, expected.gradients)):
        for method, values in both[1].items():
            assert torch.equal(both[0][method], values)


@pytest.mark.slow
@captum_warns
def test_float32_is_near_float64_and_not_worse_than_captum(network, layer, explainer, coins, colours):
    photographs, class_index = coins(12)
    methods = (*METHODS, *CAPTUM)
    double = explainer(network).attribute(photographs, class_index, methods=methods)
    network.float()
    photographs = photographs.float()
    single = explainer(network).attribute(photographs, class_index, methods=methods)
    assert single.maps["grad_cam"].dtype == single.gradients[GUIDED].dtype == torch.float32
    captum = LayerGradCam(network, network.get_submodule(layer))
    theirs = captum.attribute(photographs, target=class_index)[:, 0].detach()

    def errors(found, expected):
        scale = expected.flatten(1).abs().amax(dim=1)
        return (found - expected).flatten(1).abs().amax(dim=1) / scale

    # A unit within rounding of zero may flip, for every engine: the typical image counts, and how many flip.
    def check(ours, theirs, expected, *, median):
        ours, theirs = errors(ours, expected), errors(theirs, expected)
        assert ours.median() <= median
        assert (ours > 1e-5).sum() <= 2 * (theirs > 1e-5).sum() + 1

    check(single.maps["grad_cam"], theirs, double.maps["grad_cam"], median=1e-5)
    for method, explain in CAPTUM.items():
        options = {"abs": False} if method == "gradient" else {}
        theirs = explain(copy.deepcopy(network)).attribute(photographs, target=class_index, **options)
        ours, expected = colours(single.gradients[method]), colours(double.gradients[method])
        check(ours, theirs, expected, median=1e-6)


def test_behind_a_sobel_front_all_channels_are_equal(settled, reference):
    for sobel, shape in ((True, (2, 224, 224)), (False, (2, 3, 224, 224))):
        network = build("alexnet", k=3, generator=torch.Generator().manual_seed(1), sobel=sobel, width=1 / 16)
        settled(network)
        photographs = torch.randn(
            2, 3, 224, 224, generator=torch.Generator().manual_seed(2), dtype=torch.float64
        )
        class_index = torch.tensor([0, 2])
        expected = reference(network, photographs, class_index, "guided")
        equal = torch.equal(expected[:, 0], expected[:, 1]) and torch.equal(expected[:, 0], expected[:, 2])
        assert equal == sobel
        for engine in ("planned", "autograd"):
            attributor = Attributor(network, layer="features.16", engine=engine)
            found = attributor.attribute(photographs, class_index, methods=["guided_backpropagation"])
            assert found.gradients[GUIDED].shape == shape


def test_a_dead_map_is_all_zero_and_flagged(network, explainer, coins):
    photographs, class_index = coins(2)
    with torch.no_grad():
        network.get_submodule("head" if hasattr(network, "head") else "fc").weight[1:].zero_()
    found = explainer(network).attribute(photographs, class_index, methods=MAPS_BUT_CAM)
    assert found.without_evidence("grad_cam").tolist()[1]
    assert found.maximum["grad_cam"][1] == 0
    for product in (found.maps["grad_cam"], found.gradients[GUIDED], products_of(found)):
        assert not product[1].any()
    assert found.gradients[GUIDED][0].any()
    for result in (*found.maps.values(), *found.gradients.values(), *found.maximum.values()):
        assert result.isfinite().all()


def test_a_map_that_is_only_negative_is_flagged_and_its_signed_values_kept(network, explainer, coins):
    photographs, class_index = coins(6)
    attributor = explainer(network)
    cams = attributor.attribute(photographs, class_index, methods=["grad_cam"])
    with torch.no_grad():  # explain the opposite of every logit
        for parameter in (network.head if hasattr(network, "head") else network.fc).parameters():
            parameter.neg_()
    opposite = attributor.attribute(photographs, class_index, methods=["grad_cam"])
    torch.testing.assert_close(opposite.maps["grad_cam"], -cams.maps["grad_cam"])
    for result in (cams, opposite):
        flags = (result.maps["grad_cam"].flatten(1) <= 0).all(dim=1)
        assert torch.equal(result.without_evidence("grad_cam"), flags)
        shown = [heat(cam.numpy(), (32, 32)) for cam in result.maps["grad_cam"]]
        assert np.isfinite(shown).all()
        assert [one.any() for one in shown] == (~flags).tolist()
