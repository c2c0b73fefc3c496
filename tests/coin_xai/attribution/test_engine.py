import copy
import ctypes
import gc
import sys
import threading
from pathlib import Path

import pytest
import torch
from captum.attr import Deconvolution, GuidedBackprop, GuidedGradCam, LayerAttribution, LayerGradCam
from torch import nn
from torch.nn import functional as F

from coin_xai.attribution import METHODS, Attributor, normalised_map
from coin_xai.attribution.private_copy import PrivateCopy
from coin_xai.errors import NetworkError, OptionError
from coin_xai.networks import Sobel, build

EXACT = 1e-10  # float64, greatest error of an image over its greatest value
LAYERS = [
    ("alexnet", "features.16"),  # a rectifier that worked in place
    ("alexnet", "features.15"),  # its input, which it overwrote
    ("alexnet", "features.3"),  # a pool, far from the logits
    ("resnet", "layer4"),
    ("resnet", "layer4.0.bn2"),  # the block adds its input to this output in place
    ("resnet", "relu"),
]
# Captum says that it hooks rectifiers, and torch that a hook cannot see the gradient of a photograph.
captum_warns = pytest.mark.filterwarnings("ignore::UserWarning")


class HookedRelu(nn.Module):
    """The rules said in another way: hooks on tensors and, for deconv, a straight-through derivative."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def forward(self, z):
        rectified = F.relu(z) if self.rule != "deconv" else z + (F.relu(z) - z).detach()
        if rectified.requires_grad and self.rule != "standard":
            rectified.register_hook(lambda gradient: gradient.clamp(min=0))
        return rectified


def reference(network, photographs, class_index, rule="standard", layer=None):
    """Return the gradient of the logits at the photographs, or the maps of a layer and the gradient there."""
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, HookedRelu(rule))
    at = []
    if layer:
        # A zero is added to the maps: its gradient is theirs, whatever happens in place afterwards.
        def add_zero(_module, _inputs, output):
            at.extend([output.detach().clone(), torch.zeros_like(output).requires_grad_()])
            return output + at[1]

        network.get_submodule(layer).register_forward_hook(add_zero)
    photographs = photographs.clone().requires_grad_()
    logits = network(photographs)
    chosen = sum(logits[coin, unit] for coin, unit in enumerate(class_index.tolist()))
    if not layer:
        return torch.autograd.grad(chosen, photographs)[0]
    return at[0], torch.autograd.grad(chosen, at[1])[0]


def three_channels(guided):
    return guided[:, None].expand(-1, 3, -1, -1) if guided.ndim == 3 else guided


def fingerprint(network):
    """Everything that could be changed about a network."""
    return (
        [(path, id(module), module.training, len(vars(module))) for path, module in network.named_modules()],
        [len(value) for module in network.modules() for key, value in vars(module).items() if "_hooks" in key
         and isinstance(value, dict)],
        [getattr(module, "inplace", None) for module in network.modules()],
        [(name, id(p), p.data_ptr(), p._version, p.requires_grad, p.grad, p.is_leaf)
         for name, p in network.named_parameters()],
        [(name, id(b), b.data_ptr(), b._version) for name, b in network.named_buffers()],
        [hash(value.numpy().tobytes()) for value in network.state_dict().values()],
    )  # fmt: skip


@captum_warns
@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_grad_cam_equals_captum_and_the_formula(network, layer, coins, relative_error):
    photographs, class_index = coins(4)
    found = Attributor(network, layer=layer).attribute(photographs, class_index, methods=["grad_cam"])
    maps, gradient = reference(network, photographs, class_index, layer=layer)
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)
    captum = LayerGradCam(network, network.get_submodule(layer)).attribute(photographs, target=class_index)
    assert relative_error(found.cam, expected) <= EXACT
    assert relative_error(found.cam, captum[:, 0].detach()) <= EXACT
    assert torch.equal(found.cam_maximum, found.cam.clamp(min=0).flatten(1).max(dim=1).values)
    assert found.guided is None


@captum_warns
def test_guided_backpropagation_equals_captum_and_the_formula(network, layer, coins, relative_error):
    photographs, class_index = coins(4)
    attributor = Attributor(network, layer=layer)
    found = attributor.attribute(photographs, class_index, methods=["guided_backpropagation"])
    guided = three_channels(found.guided)
    expected = reference(network, photographs, class_index, "guided")
    assert relative_error(guided, expected) <= EXACT
    captum = GuidedBackprop(copy.deepcopy(network)).attribute(photographs, target=class_index)
    assert relative_error(guided, captum) <= EXACT
    standard = reference(network, photographs, class_index)
    assert relative_error(guided, standard) > 0.1  # the rule did something
    assert found.cam is found.cam_maximum is found.no_positive_evidence is None


@captum_warns
def test_guided_grad_cam_equals_captum(name, network, layer, coins, relative_error):
    photographs, class_index = coins(4)
    found = Attributor(network, layer=layer).attribute(photographs, class_index, methods=METHODS)
    alive = ~found.no_positive_evidence
    assert alive.any()
    module = network.get_submodule(layer)
    cam = LayerGradCam(network, module).attribute(photographs, target=class_index, relu_attributions=True)
    heat = LayerAttribution.interpolate(cam.detach(), photographs.shape[2:], interpolate_mode="bilinear")
    captum = GuidedGradCam(network, module).attribute(
        photographs, target=class_index, interpolate_mode="bilinear"
    )
    # Captum leaves the heat as it is; ours is stretched from 0 to 1, which undone gives theirs.
    least = heat.amin(dim=(1, 2, 3), keepdim=True)
    span = heat.amax(dim=(1, 2, 3), keepdim=True) - least
    product = three_channels(found.guided_grad_cam())
    unstretched = product * span + three_channels(found.guided) * least
    assert relative_error(unstretched[alive], captum[alive]) <= EXACT
    assert name != "alexnet" or found.guided.ndim == 3


@captum_warns
def test_the_deconv_rule_equals_captum_and_the_formula(network, coins, relative_error):
    photographs, class_index = coins(2)
    private = PrivateCopy(network)
    shown = photographs.clone().requires_grad_()
    total = private.network(shown).gather(1, class_index[:, None]).sum()
    with private.switch.follow("deconv"):
        (found,) = torch.autograd.grad(total, shown)
    assert relative_error(found, reference(network, photographs, class_index, "deconv")) <= EXACT
    captum = Deconvolution(copy.deepcopy(network)).attribute(photographs, target=class_index)
    assert relative_error(found, captum) <= EXACT


def test_scores(network, layer, coins):
    photographs, class_index = coins(5)
    with torch.no_grad():
        logits = network(photographs)
    found = Attributor(network, layer=layer).attribute(photographs, class_index, methods=["grad_cam"])
    torch.testing.assert_close(found.logit, logits[range(5), class_index])
    assert found.argmax.tolist() == logits.argmax(dim=1).tolist()
    for coin, unit in enumerate(class_index.tolist()):
        others = {other: logits[coin, other].item() for other in range(5) if other != unit}
        assert found.runner_up[coin] == max(others, key=others.get)
        assert found.runner_up_logit[coin].item() == pytest.approx(max(others.values()))
    assert not any(
        getattr(found, name).requires_grad for name in ("logit", "runner_up_logit", "cam", "cam_maximum")
    )
    assert (found.provenance.layer, found.provenance.methods) == (layer, ("grad_cam",))
    assert (found.provenance.dtype, found.provenance.device) == ("float64", "cpu")
    assert found.provenance.torch_version == torch.__version__


def test_a_head_with_one_unit_has_no_runner_up():
    network = nn.Sequential(
        nn.Conv2d(3, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1)
    )
    found = Attributor(network, layer="1").attribute(
        torch.randn(2, 3, 8, 8), torch.tensor([0, 0]), methods=["grad_cam"]
    )
    assert found.runner_up.tolist() == [-1, -1]
    assert found.runner_up_logit.tolist() == [-torch.inf] * 2


def test_the_size_of_the_batch_does_not_matter(network, layer, coins, relative_error):
    photographs, class_index = coins(32)
    attributor = Attributor(network, layer=layer)
    whole = attributor.attribute(photographs, class_index, methods=METHODS)
    for size in (1, 7):
        for start in range(0, 14 if size == 7 else 3, size):
            part = slice(start, start + size)
            found = attributor.attribute(photographs[part], class_index[part], methods=METHODS)
            assert relative_error(found.cam, whole.cam[part]) <= EXACT
            assert relative_error(found.guided, whole.guided[part]) <= EXACT
            torch.testing.assert_close(found.logit, whole.logit[part])


def test_a_second_call_gives_the_same_bits_whatever_came_between(network, layer, coins):
    photographs, class_index = coins(3)
    attributor = Attributor(network, layer=layer)
    first = attributor.attribute(photographs, class_index, methods=METHODS)
    for methods in (["guided_backpropagation"], ["grad_cam"], METHODS):
        again = attributor.attribute(photographs, class_index, methods=methods)
        if again.cam is not None:
            assert torch.equal(again.cam, first.cam)
        if again.guided is not None:
            assert torch.equal(again.guided, first.guided)


def test_the_memory_layout_does_not_matter(network, layer, coins):
    photographs, class_index = coins(3)
    attributor = Attributor(network, layer=layer)
    first = attributor.attribute(photographs, class_index, methods=METHODS)
    layouts = [
        photographs.to(memory_format=torch.channels_last),
        photographs.transpose(2, 3).contiguous().transpose(2, 3),
        photographs.flip(0).flip(0),
        photographs[:, :1].expand(-1, 3, -1, -1).contiguous()[:, :1].expand(-1, 3, -1, -1),
    ]
    for same in layouts[:3]:
        again = attributor.attribute(same, class_index, methods=METHODS)
        assert torch.equal(again.cam, first.cam)
        assert torch.equal(again.guided, first.guided)
    grey = attributor.attribute(layouts[3], class_index, methods=METHODS)  # one channel in memory, not three
    dense = attributor.attribute(layouts[3].contiguous(), class_index, methods=METHODS)
    assert torch.equal(grey.guided, dense.guided)


def test_float32_is_near_float64(network, layer, coins):
    photographs, class_index = coins(8)
    double = Attributor(network, layer=layer).attribute(photographs, class_index, methods=METHODS)
    single = Attributor(network.float(), layer=layer).attribute(
        photographs.float(), class_index, methods=METHODS
    )
    for name, tolerance in (("cam", 1e-5), ("guided", 1e-5)):
        found, expected = getattr(single, name), getattr(double, name)
        assert found.dtype == torch.float32
        errors = (found - expected).flatten(1).abs().amax(1) / expected.flatten(1).abs().amax(1)
        # A unit within rounding of zero may flip, so the typical image counts and not the worst.
        assert errors.median() <= tolerance


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
def test_the_network_is_left_as_it_was(network, layer, coins, training, frozen):
    network.train(training).requires_grad_(not frozen)
    network.get_submodule(layer).eval()
    network.get_submodule(layer).register_forward_hook(lambda *_: pytest.fail("a hook was run"))
    before = fingerprint(network)
    photographs, class_index = coins(2)
    attributor = Attributor(network, layer=layer)
    kept = photographs.clone(), class_index.clone()
    attributor.attribute(photographs, class_index, methods=METHODS)
    assert fingerprint(network) == before
    assert torch.equal(photographs, kept[0])
    assert torch.equal(class_index, kept[1])
    assert not photographs.requires_grad


def test_dropout_and_batch_statistics_are_off_even_for_a_network_in_training(network, layer, coins):
    photographs, class_index = coins(3)
    expected = Attributor(network, layer=layer).attribute(photographs, class_index, methods=METHODS)
    found = Attributor(network.train(), layer=layer).attribute(photographs, class_index, methods=METHODS)
    assert torch.equal(found.cam, expected.cam)
    assert torch.equal(found.guided, expected.guided)


@pytest.mark.parametrize("moment", ["forward", "backward", "check"])
def test_an_exception_inside_leaves_nothing_behind(network, layer, coins, monkeypatch, moment):
    photographs, class_index = coins(2)
    attributor = Attributor(network, layer=layer)
    expected = attributor.attribute(photographs, class_index, methods=METHODS)
    before = fingerprint(network), fingerprint(attributor._copy.network)

    class InterruptError(Exception):
        pass

    def interrupt(*_args, **_kwargs):
        raise InterruptError

    target = {
        "forward": "torch.nn.functional.max_pool2d",
        "backward": "coin_xai.attribution.rectifiers.pass_back",
        "check": "coin_xai.attribution.autograd_engine.check_logits",
    }[moment]
    with monkeypatch.context() as patch:
        patch.setattr(target, interrupt)
        with pytest.raises(InterruptError):
            attributor.attribute(photographs, class_index, methods=METHODS)
    assert (fingerprint(network), fingerprint(attributor._copy.network)) == before
    assert torch.is_grad_enabled()
    again = attributor.attribute(photographs, class_index, methods=METHODS)
    assert torch.equal(again.cam, expected.cam)
    assert torch.equal(again.guided, expected.guided)


def test_each_call_explains_the_network_as_it_is(network, layer, coins, relative_error):
    photographs, class_index = coins(2)
    attributor = Attributor(network, layer=layer)
    first = attributor.attribute(photographs, class_index, methods=METHODS)
    kept = first.cam.clone(), first.guided.clone(), first.logit.clone()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(1.1)
    assert torch.equal(first.cam, kept[0])
    assert torch.equal(first.guided, kept[1])
    assert torch.equal(first.logit, kept[2])
    for change in (lambda: None, lambda: network.float().double()):  # in place; then replaced tensors
        change()
        found = attributor.attribute(photographs, class_index, methods=METHODS)
        fresh = Attributor(network, layer=layer).attribute(photographs, class_index, methods=METHODS)
        assert torch.equal(found.cam, fresh.cam)
        assert torch.equal(found.guided, fresh.guided)
        assert relative_error(found.cam, kept[0]) > 1e-3


def test_a_dead_map_is_all_zero_and_flagged(network, layer, coins):
    photographs, class_index = coins(2)
    with torch.no_grad():
        network.get_submodule("head" if hasattr(network, "head") else "fc").weight[1:].zero_()
    found = Attributor(network, layer=layer).attribute(photographs, class_index, methods=METHODS)
    assert found.no_positive_evidence.tolist()[1]
    assert found.cam_maximum[1] == 0
    for product in (found.cam, found.guided, found.guided_grad_cam()):
        assert not product[1].any()
    assert found.guided[0].any()


def test_a_map_that_is_only_negative_is_flagged_and_its_signed_values_kept(network, layer, coins):
    photographs, class_index = coins(6)
    attributor = Attributor(network, layer=layer)
    cams = attributor.attribute(photographs, class_index, methods=["grad_cam"])
    with torch.no_grad():  # explain the opposite of every logit
        for parameter in (network.head if hasattr(network, "head") else network.fc).parameters():
            parameter.neg_()
    opposite = attributor.attribute(photographs, class_index, methods=["grad_cam"])
    torch.testing.assert_close(opposite.cam, -cams.cam)
    for result in (cams, opposite):
        flags = (result.cam.flatten(1) <= 0).all(dim=1)
        assert torch.equal(result.no_positive_evidence, flags)
        heat = normalised_map(result.cam, size=(32, 32))
        assert not heat.isnan().any()
        assert torch.equal(heat.flatten(1).any(dim=1), ~flags)


def test_behind_a_sobel_front_all_channels_are_equal():
    for sobel, shape in ((True, (2, 224, 224)), (False, (2, 3, 224, 224))):
        network = build("alexnet", k=3, generator=torch.Generator().manual_seed(1), sobel=sobel, width=1 / 16)
        photographs = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(2))
        class_index = torch.tensor([0, 2])
        found = Attributor(network, layer="features.16").attribute(
            photographs, class_index, methods=["guided_backpropagation"]
        )
        assert found.guided.shape == shape
        expected = reference(network.eval(), photographs, class_index, "guided")
        equal = torch.equal(expected[:, 0], expected[:, 1]) and torch.equal(expected[:, 0], expected[:, 2])
        assert equal == sobel


def test_colours_that_get_in_beside_the_sobel_front_are_kept():
    class TwoFronts(nn.Module):
        def __init__(self):
            super().__init__()
            self.sobel, self.mix = Sobel(), nn.Conv2d(3, 2, 1)
            self.tail = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))

        def forward(self, photographs):
            return self.tail(self.sobel(photographs) + self.mix(photographs))

    found = Attributor(TwoFronts(), layer="mix").attribute(
        torch.randn(2, 3, 8, 8), torch.tensor([0, 1]), methods=["guided_backpropagation"]
    )
    assert found.guided.shape == (2, 3, 8, 8)


@pytest.mark.parametrize("methods", [["grad_cam"], METHODS])
def test_maps_are_kept_when_what_they_are_a_view_of_changes_later(methods, relative_error):
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
    assert relative_error(found.cam, (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)) <= EXACT


class Functional(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.conv, self.relu, self.head = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4, 2)

    def forward(self, photographs):
        return self.head(self.function(self.relu(self.conv(photographs)) - 0.1).mean(dim=(2, 3)))


@pytest.mark.parametrize("function", [F.relu, F.relu_, F.gelu, F.leaky_relu, nn.GELU()])
def test_other_rectifiers_are_refused_for_guided_methods_only(function, relative_error):
    network = Functional(function).double()
    photographs, class_index = torch.randn(3, 3, 8, 8, dtype=torch.float64), torch.tensor([0, 1, 0])
    attributor = Attributor(network, layer="conv")
    for method in ("guided_backpropagation", "guided_grad_cam"):
        with pytest.raises(NetworkError, match=r"the guided rule .* rectifies by"):
            attributor.attribute(photographs, class_index, methods=[method])
    found = attributor.attribute(photographs, class_index, methods=["grad_cam"])
    maps, gradient = reference(network, photographs, class_index, layer="conv")
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)
    assert relative_error(found.cam, expected) <= EXACT


def test_wishes_that_cannot_be_met_are_refused(network, name, layer, coins):
    photographs, class_index = coins(2)
    with pytest.raises(NetworkError, match="there is no layer 'features_16'"):
        Attributor(network, layer="features_16")
    attributor = Attributor(network, layer=layer)
    with pytest.raises(OptionError, match="methods is"):
        attributor.attribute(photographs, class_index, methods=["saliency"])
    with pytest.raises(OptionError, match="expected N x 3 x H x W"):
        attributor.attribute(photographs[0], class_index, methods=METHODS)
    with pytest.raises(OptionError, match="float32 on cpu, but the network is torch"):
        attributor.attribute(photographs.float(), class_index, methods=METHODS)
    with pytest.raises(OptionError, match=r"\[5\] at position 0"):
        attributor.attribute(photographs, class_index + 5 * (class_index == 0), methods=METHODS)
    if name == "alexnet":
        with pytest.raises(NetworkError, match=r"shape \(2, 3, 96, 96\) \(it expects 224 x 224 pixels\)"):
            attributor.attribute(photographs[:, :, :96, :96], class_index, methods=METHODS)
    flat = "classifier.1" if name == "alexnet" else "fc"
    with pytest.raises(NetworkError, match=rf"layer '{flat}' puts out \(2, \d+\), not maps"):
        Attributor(network, layer=flat).attribute(photographs, class_index, methods=["grad_cam"])


def test_layers_that_are_used_twice_or_never_or_in_vain_are_refused():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.twice, self.never, self.vain = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))

        def forward(self, photographs):
            self.vain(photographs)
            return self.twice(self.twice(photographs)).mean(dim=(2, 3))

    for layer, message in (("twice", "used 2 times"), ("never", "used 0 times"), ("vain", "do not depend")):
        for methods in (["grad_cam"], METHODS):
            with pytest.raises(NetworkError, match=message):
                Attributor(Odd(), layer=layer).attribute(
                    torch.randn(1, 3, 8, 8), torch.tensor([0]), methods=methods
                )


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu")])
def test_the_mode_of_the_caller_does_not_matter(network, layer, coins, mode):
    network = network.float()
    photographs, class_index = coins(2)
    photographs = photographs.float()
    attributor = Attributor(network, layer=layer)
    expected = attributor.attribute(photographs, class_index, methods=METHODS)
    with mode():
        found = attributor.attribute(photographs.clone(), class_index.clone(), methods=METHODS)
    assert torch.equal(found.cam, expected.cam)
    assert torch.equal(found.guided, expected.guided)


def test_threads_take_turns(network, layer, coins):
    photographs, class_index = coins(2)
    attributor = Attributor(network, layer=layer)
    expected = attributor.attribute(photographs, class_index, methods=METHODS)
    wrong = []

    def work(methods):
        for _ in range(5):
            found = attributor.attribute(photographs, class_index, methods=methods)
            if found.cam is not None and not torch.equal(found.cam, expected.cam):
                wrong.append("cam")
            if found.guided is not None and not torch.equal(found.guided, expected.guided):
                wrong.append("guided")

    threads = [threading.Thread(target=work, args=([method],)) for method in METHODS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_nothing_is_retained(network, layer, coins):
    photographs, class_index = coins(2)
    attributor = Attributor(network, layer=layer)

    def tensors():
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    attributor.attribute(photographs, class_index, methods=METHODS)
    gc.collect()
    before = tensors()
    gc.disable()  # no cycle may be left for the collector either
    try:
        for _ in range(3):
            attributor.attribute(photographs, class_index, methods=METHODS)
        after = tensors()
    finally:
        gc.enable()
    assert after == before


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident memory from /proc")
def test_memory_stays_flat():
    network = build("alexnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 8)
    photographs = torch.randn(16, 3, 224, 224)
    attributor = Attributor(network, layer=network.attribution_layer)

    def resident_mib():
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096 / 2**20

    for calls in range(34):
        attributor.attribute(photographs, torch.zeros(16, dtype=torch.int64), methods=METHODS)
        if calls == 3:
            start = resident_mib()
    assert resident_mib() - start < 20
