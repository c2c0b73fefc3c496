import ctypes
import gc
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from coin_xai.attribution import ALL_METHODS, METHODS, Attributor, Lead, Logit
from coin_xai.errors import NetworkError, OptionError
from coin_xai.networks import build

GUIDED = "guided_backpropagation"


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


def test_scores(network, layer, explainer, coins):
    photographs, class_index = coins(5)
    with torch.no_grad():
        logits = network(photographs)
    found = explainer(network).attribute(photographs, class_index, methods=["grad_cam"])
    torch.testing.assert_close(found.logit, logits[range(5), class_index])
    assert found.argmax.tolist() == logits.argmax(dim=1).tolist()
    for coin, unit in enumerate(class_index.tolist()):
        others = {other: logits[coin, other].item() for other in range(5) if other != unit}
        assert found.runner_up[coin] == max(others, key=others.get)
        assert found.runner_up_logit[coin].item() == pytest.approx(max(others.values()))
    results = (found.logit, found.runner_up_logit, *found.maps.values(), *found.maximum.values())
    assert not any(result.requires_grad for result in results)
    assert torch.equal(found.value, found.logit)
    provenance = found.provenance
    assert (provenance.layer, provenance.methods, provenance.target) == (layer, ("grad_cam",), "logit")
    assert (provenance.dtype, provenance.device) == ("float64", "cpu")
    assert provenance.network == type(network).__name__
    assert provenance.torch_version == torch.__version__


def test_a_head_with_one_unit_has_no_runner_up():
    network = nn.Sequential(
        nn.Conv2d(3, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1)
    )
    found = Attributor(network, layer="1").attribute(
        torch.randn(2, 3, 8, 8), torch.tensor([0, 0]), methods=["grad_cam"]
    )
    assert found.runner_up.tolist() == [-1, -1]
    assert found.runner_up_logit.tolist() == [-torch.inf] * 2


def test_a_second_call_gives_the_same_bits_whatever_came_between(network, explainer, coins):
    photographs, class_index = coins(3)
    attributor = explainer(network)
    first = attributor.attribute(photographs, class_index, methods=METHODS)
    for methods in (["guided_backpropagation"], ["grad_cam"], METHODS):
        again = attributor.attribute(photographs, class_index, methods=methods)
        if "grad_cam" in again.maps:
            assert torch.equal(again.maps["grad_cam"], first.maps["grad_cam"])
        if GUIDED in again.gradients:
            assert torch.equal(again.gradients[GUIDED], first.gradients[GUIDED])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
def test_the_network_is_left_as_it_was(network, layer, explainer, coins, training, frozen):
    network.train(training).requires_grad_(not frozen)
    network.get_submodule(layer).eval()
    network.get_submodule(layer).register_forward_hook(lambda *_: pytest.fail("a hook was run"))
    before = fingerprint(network)
    photographs, class_index = coins(2)
    attributor = explainer(network)
    kept = photographs.clone(), class_index.clone()
    attributor.attribute(photographs, class_index, methods=METHODS)
    assert fingerprint(network) == before
    assert torch.equal(photographs, kept[0])
    assert torch.equal(class_index, kept[1])
    assert not photographs.requires_grad


def test_dropout_and_batch_statistics_are_off_even_for_a_network_in_training(network, explainer, coins):
    photographs, class_index = coins(3)
    expected = explainer(network).attribute(photographs, class_index, methods=METHODS)
    found = explainer(network.train()).attribute(photographs, class_index, methods=METHODS)
    assert torch.equal(found.maps["grad_cam"], expected.maps["grad_cam"])
    assert torch.equal(found.gradients[GUIDED], expected.gradients[GUIDED])


def test_each_call_explains_the_network_as_it_is(network, explainer, coins, relative_error):
    photographs, class_index = coins(2)
    attributor = explainer(network)
    first = attributor.attribute(photographs, class_index, methods=METHODS)
    kept = first.maps["grad_cam"].clone(), first.gradients[GUIDED].clone(), first.logit.clone()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(1.1)
    assert torch.equal(first.maps["grad_cam"], kept[0])
    assert torch.equal(first.gradients[GUIDED], kept[1])
    assert torch.equal(first.logit, kept[2])

    def through_data():  # PyTorch does not count these changes
        for weight in network.parameters():
            weight.data.mul_(1.01)

    # In place; uncounted; then replaced tensors.
    for change in (lambda: None, through_data, lambda: network.float().double()):
        change()
        found = attributor.attribute(photographs, class_index, methods=METHODS)
        fresh = explainer(network).attribute(photographs, class_index, methods=METHODS)
        assert torch.equal(found.maps["grad_cam"], fresh.maps["grad_cam"])
        assert torch.equal(found.gradients[GUIDED], fresh.gradients[GUIDED])
        assert relative_error(found.maps["grad_cam"], kept[0]) > 1e-3


class Waits(TorchFunctionMode):
    """Counts what would wait for a GPU: whatever tells Python, or the size of a tensor, what was computed."""

    TOLD = (Tensor.__bool__, Tensor.item, Tensor.tolist, Tensor.cpu, Tensor.numpy, Tensor.__array__)
    SIZES = (Tensor.nonzero, torch.nonzero, Tensor.masked_select, Tensor.unique)

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_function__(self, function, _types, args=(), kwargs=None):
        masked = function is Tensor.__getitem__ and getattr(args[1], "dtype", None) == torch.bool
        if function in self.TOLD + self.SIZES or masked:
            self.names.append(function.__name__)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("methods", [METHODS, ("hires_cam", "gradient", "guided_backpropagation")])
def test_a_gpu_is_waited_for_once_a_batch(network, explainer, coins, methods):
    photographs, class_index = coins(3)
    attributor = explainer(network)
    attributor.attribute(photographs, class_index, methods=methods)  # chooses an engine
    with Waits() as waits:
        attributor.attribute(photographs, class_index, methods=methods)
    assert waits.names == ["__bool__"]


def test_wishes_that_cannot_be_met_are_refused(network, name, explainer, coins):
    photographs, class_index = coins(2)
    with pytest.raises(NetworkError, match="there is no layer 'features_16'"):
        explainer(network, layer="features_16")
    attributor = explainer(network)
    with pytest.raises(OptionError, match="methods is"):
        attributor.attribute(photographs, class_index, methods=["saliency"])
    with pytest.raises(OptionError, match="expected N x 3 x H x W"):
        attributor.attribute(photographs[0], class_index, methods=METHODS)
    with pytest.raises(OptionError, match="float32 on cpu, but the network is torch"):
        attributor.attribute(photographs.float(), class_index, methods=METHODS)
    with pytest.raises(OptionError, match=r"\[5\] at position 0"):
        attributor.attribute(photographs, class_index + 5 * (class_index == 0), methods=METHODS)
    if name != "resnet":
        side = photographs.shape[-1]
        expected = rf"shape \(2, 3, 96, 96\) \(it expects {side} x {side} pixels\)"
        with pytest.raises(NetworkError, match=expected):
            attributor.attribute(photographs[:, :, :96, :96], class_index, methods=METHODS)
    with pytest.raises(OptionError, match=r"finer_cam has a target of its own: .* 'logit minus runner-up'"):
        attributor.attribute(photographs, class_index, methods=["finer_cam"], target=Lead())
    flat = {"resnet": "fc", "gridnet": "classifier"}.get(name, "classifier.1")
    with pytest.raises(NetworkError, match=rf"layer '{flat}' puts out \(2, \d+\), not maps"):
        explainer(network, layer=flat, engine="automatic").attribute(
            photographs, class_index, methods=["grad_cam"]
        )


def test_cam_is_defined_where_the_head_weighs_means_and_refused_elsewhere(network, name, explainer, coins):
    photographs, class_index = coins(3)
    attributor = explainer(network)
    if name.startswith("alexnet"):
        with pytest.raises(NetworkError, match=r"the layer has 16 maps.* Ask for grad_cam"):
            attributor.attribute(photographs, class_index, methods=["cam"])
        return
    if name == "gridnet":  # its head weighs each place: the terms of the logit itself
        found = attributor.attribute(photographs, class_index, methods=["cam", "hires_cam"])
        torch.testing.assert_close(found.maps["cam"], found.maps["hires_cam"], rtol=1e-12, atol=1e-12)
        bias = network.head.bias[class_index]
        torch.testing.assert_close(found.maps["cam"].sum(dim=(1, 2)) + bias, found.logit)
        return
    found = attributor.attribute(photographs, class_index, methods=["cam", "grad_cam"])
    pixels = found.maps["grad_cam"][0].numel()
    torch.testing.assert_close(
        found.maps["cam"], found.maps["grad_cam"] * pixels
    )  # as the Grad-CAM paper shows


def test_maps_come_for_all_methods_at_once(network, explainer, coins):
    photographs, class_index = coins(3)
    wanted = [method for method in ALL_METHODS if method != "cam"]
    found = explainer(network).attribute(photographs, class_index, methods=[*reversed(wanted), "fem"])
    assert found.provenance.methods == tuple(wanted)
    assert list(found.maps) == wanted[:6]
    assert list(found.gradients) == ["gradient", "deconvnet", "guided_backpropagation"]
    for method in wanted[:6]:
        alone = explainer(network).attribute(photographs, class_index, methods=[method])
        torch.testing.assert_close(alone.maps[method], found.maps[method], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("largest", [1, 2])
def test_batches_are_halved_when_memory_runs_out(network, explainer, coins, monkeypatch, largest):
    photographs, class_index = coins(5)
    attributor = explainer(network)
    expected = attributor.attribute(photographs, class_index, methods=METHODS, target=Lead())
    engine, sizes = attributor._choice.engine, []
    forward = engine.forward

    def scarce(photographs, needs):
        sizes.append(len(photographs))
        if len(photographs) > largest:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(photographs, needs)

    monkeypatch.setattr(engine, "forward", scarce)
    found = attributor.attribute(photographs, class_index, methods=METHODS, target=Lead())
    assert sizes == {1: [5, 2, *[1] * 5], 2: [5, 2, 2, 1]}[largest]
    for name in ("maps", "maximum", "gradients", "logit", "value", "runner_up_logit"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-9, atol=1e-12)
    assert torch.equal(found.runner_up, expected.runner_up)
    assert torch.equal(found.class_index, class_index)
    sizes.clear()
    attributor.attribute(photographs, class_index, methods=METHODS)
    assert max(sizes) == largest  # remembered


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu")])
def test_the_mode_of_the_caller_does_not_matter(network, explainer, coins, mode):
    network = network.float()
    photographs, class_index = coins(2)
    photographs = photographs.float()
    attributor = explainer(network)
    expected = attributor.attribute(photographs, class_index, methods=METHODS)
    with mode():
        found = attributor.attribute(photographs.clone(), class_index.clone(), methods=METHODS)
    assert torch.equal(found.maps["grad_cam"], expected.maps["grad_cam"])
    assert torch.equal(found.gradients[GUIDED], expected.gradients[GUIDED])


def test_threads_take_turns(network, explainer, coins):
    photographs, class_index = coins(2)
    attributor = explainer(network)
    expected = attributor.attribute(photographs, class_index, methods=METHODS)
    wrong = []

    def work(methods):
        for _ in range(5):
            found = attributor.attribute(photographs, class_index, methods=methods)
            for method, values in {**found.maps, **found.gradients}.items():
                if not torch.equal(values, {**expected.maps, **expected.gradients}[method]):
                    wrong.append(method)

    threads = [threading.Thread(target=work, args=([method],)) for method in METHODS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_nothing_is_retained(network, explainer, coins):
    photographs, class_index = coins(2)
    attributor = explainer(network)

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
@pytest.mark.parametrize("engine", ["planned", "autograd"])
def test_memory_stays_flat(engine):
    network = build("alexnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 8)
    photographs = torch.randn(16, 3, 224, 224)
    attributor = Attributor(network, layer=network.attribution_layer, engine=engine)

    def resident_mib():
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096 / 2**20

    for calls in range(13):
        attributor.attribute(photographs, torch.zeros(16, dtype=torch.int64), methods=METHODS)
        if calls == 3:
            start = resident_mib()
    # A batch of photographs kept by each call would be 9 of them; the allocator may keep a few.
    assert resident_mib() - start < 9 * photographs.nbytes / 2**20 / 4


def test_methods_are_checked_on_a_photograph_of_noise(name, network, explainer, coins):
    size_px = coins(1)[0].shape[-1]
    attributor = explainer(network)
    attributor.check(["grad_cam"], size_px=size_px)
    if not name.startswith("alexnet"):
        attributor.check(["cam"], size_px=size_px)
    else:
        with pytest.raises(NetworkError, match="Ask for grad_cam"):
            attributor.check(["cam"], size_px=size_px)


def test_several_targets_after_one_pass_forward_are_what_each_is_alone(network, explainer, coins):
    photographs, class_index = coins(3)
    attributor, targets = explainer(network), [Logit(), Lead()]
    together = attributor.attribute_each(photographs, class_index, methods=METHODS, targets=targets)
    for found, target in zip(together, targets, strict=True):
        alone = attributor.attribute(photographs, class_index, methods=METHODS, target=target)
        assert found.provenance.target == target.name
        torch.testing.assert_close(found.value, alone.value, rtol=0, atol=0)
        torch.testing.assert_close(found.maps["grad_cam"], alone.maps["grad_cam"], rtol=0, atol=0)
        torch.testing.assert_close(found.gradients[GUIDED], alone.gradients[GUIDED], rtol=0, atol=0)
    assert not torch.equal(together[0].value, together[1].value)
