from pathlib import Path

import pytest
import torch

from coin_xai.networks import build
from storage.legacy.architecture import Architecture
from storage.legacy.errors import LegacyError
from tasks.adopting.legacy_network import build_with, options_of

FILE = Path("checkpoint.pth.tar")


def drawn(network="alexnet", *, sobel=True, width=1 / 16):
    """A network of weights that `build` draws for no seed used elsewhere, and what a checkpoint has of it."""
    built = build(
        network,
        k=5,
        generator=torch.Generator().manual_seed(7),
        sobel=sobel,
        sobel_padding="zeros",
        width=width,
    ).eval()
    for module in built.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean)
    weights = {
        name: tensor.clone()
        for name, tensor in built.state_dict().items()
        if "num_batches_tracked" not in name
    }
    return built, weights, options_of(Architecture(network, width, sobel, 5), FILE)


@pytest.mark.parametrize("sobel", [True, False])
@pytest.mark.parametrize("network", ["alexnet", "vgg16"])
def test_the_network_says_what_the_other_said(network, sobel):
    built, weights, options = drawn(network, sobel=sobel)
    photographs = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found = build_with(weights, options, FILE)
        assert not found.training
        assert found(photographs).equal(built(photographs))


def test_the_front_keeps_the_zero_padding_that_the_weights_were_trained_with():
    _, _, options = drawn()
    assert (options.profile, options.sobel_padding, options.centre_crop) == ("legacy", "zeros", 0.875)


def test_a_sobel_front_that_the_file_leaves_out_is_the_published_one():
    built, weights, options = drawn()
    without = {name: tensor for name, tensor in weights.items() if not name.startswith("sobel.")}
    assert len(without) == len(weights) - 4
    found = build_with(without, options, FILE).state_dict()
    assert all(found[name].equal(tensor) for name, tensor in built.state_dict().items())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"classifier.1.bias": None},
            r"1 of checkpoint\.pth\.tar do not fit: classifier\.1\.bias is missing",
        ),
        ({"features.99.weight": torch.ones(1)}, r"features\.99\.weight has no place in it"),
        (
            {"features.4.weight": torch.ones(16, 6, 3, 3)},
            r"features\.4\.weight is 16 x 6 x 3 x 3, not 16 x 6 x 5 x 5",
        ),
        ({"head.bias": torch.tensor([0, 0, torch.nan, 0, 0])}, r"head\.bias is not finite"),
        ({"head.bias": torch.tensor([0, 0, torch.inf, 0, 0])}, r"head\.bias is not finite"),
        ({"head.bias": torch.ones(5, dtype=torch.int64)}, r"head\.bias is of the type torch\.int64"),
        ({"head.bias": torch.ones(5, dtype=torch.complex64)}, r"of the type torch\.complex64"),
        ({"head.bias": torch.ones(5).to_sparse()}, r"head\.bias is of the type"),
        ({"head.bias": torch.empty(5, device="meta")}, r"head\.bias is of the type"),
        ({"head.bias": torch.ones(1).expand(10**12)}, r"head\.bias is 1000000000000, not 5"),
        ({"head.bias": torch.tensor(1.0)}, r"head\.bias is a single number, not 5"),
    ],
)
def test_weights_of_something_else_are_refused_by_name(change, message):
    _, weights, options = drawn()
    changed = {name: tensor for name, tensor in {**weights, **change}.items() if tensor is not None}
    with pytest.raises(LegacyError, match=f"rule 'the weights are those of alexnet': .*{message}"):
        build_with(changed, options, FILE)


def test_weights_of_half_the_precision_are_taken():
    _, weights, options = drawn()
    found = build_with({name: tensor.half() for name, tensor in weights.items()}, options, FILE)
    assert found.head.weight.equal(weights["head.weight"].half().float())


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (Architecture("alexnet", 1.0, True, 1), "k is 1: "),
        (Architecture("alexnet", 1.0, True, 1_280_000), "k is 1280000: "),
        (Architecture("alexnet", 1e6, True, 5), r"width is 1000000\.0: "),
    ],
)
def test_sizes_beyond_all_options_are_refused(architecture, message):
    with pytest.raises(LegacyError, match=f"checkpoint.pth.tar does not fit: {message}"):
        options_of(architecture, FILE)
