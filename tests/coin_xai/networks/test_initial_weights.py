import pytest
import torch
from torchvision import models

from coin_xai.errors import NetworkError
from coin_xai.networks import build
from coin_xai.networks.initial_weights import take_weights


def draw(seed, name="alexnet", **options):
    width = 1 / 16 if name == "alexnet" else 1.0
    return build(name, k=3, generator=torch.Generator().manual_seed(seed), width=width, **options)


def backbone_equals(first, second):
    pairs = zip(first.backbone(), second.backbone(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("place", ["module.{}", "{}.module", "plain"])
def test_takes_the_backbone_whatever_data_parallel_training_called_it(place):
    source, target = draw(1), draw(2)
    source.features[1].running_mean.fill_(3)
    state = {}
    for name, tensor in source.state_dict().items():
        first, _, rest = name.partition(".")
        renamed = name if place == "plain" else f"{place.format(first)}.{rest}"
        state[renamed.replace("head", "top_layer")] = tensor
    found = take_weights(target, {"epoch": 3, "arch": "alexnet", "state_dict": state})
    assert backbone_equals(source, target)
    assert torch.equal(target.features[1].running_mean, source.features[1].running_mean)
    assert not torch.equal(target.head.weight, source.head.weight)
    assert sorted(name.replace("module.", "").replace(".module", "") for name in found.unused) == [
        "top_layer.bias",
        "top_layer.weight",
    ]
    assert found.as_drawn == ()


def test_takes_our_own_checkpoint():
    source, target = draw(1), draw(2)
    take_weights(target, {"training": {"network": source.state_dict()}, "options": {}})
    assert backbone_equals(source, target)


def test_takes_what_fits_of_torchvision_and_says_what_did_not():
    target = draw(2, "resnet18")
    first = target.features.conv1.weight.clone()
    reference = models.resnet18()
    found = take_weights(target, reference.state_dict())
    assert torch.equal(target.features.layer3[0].conv1.weight, reference.layer3[0].conv1.weight)
    assert torch.equal(target.features.conv1.weight, first)
    assert found.as_drawn == ("features.conv1.weight",)
    assert found.unused["conv1.weight"] == "is 64 x 3 x 7 x 7, the network wants 64 x 2 x 7 x 7"
    assert "no such part" in found.unused["fc.weight"]


def test_weights_of_another_network_are_refused():
    with pytest.raises(
        NetworkError, match=r"no convolution of the initial weights fits .*'conv1.weight' the network has"
    ):
        take_weights(draw(2), models.resnet18().state_dict())
    with pytest.raises(NetworkError, match="no tensors, only epoch"):
        take_weights(draw(2), {"epoch": 3})


def test_damaged_weights_are_refused():
    source = draw(1)
    source.features[4].weight.data[0, 0, 0, 0] = torch.nan
    with pytest.raises(NetworkError, match=r"'features\.4\.weight' hold NaN"):
        take_weights(draw(2), source.state_dict())


@pytest.mark.parametrize("given", ["edges", "both"])
def test_a_front_that_learns_nothing_is_neither_taken_nor_missed(given):
    def drawn(front, width=1 / 4):
        return build("gridnet", k=3, generator=torch.Generator().manual_seed(1), front=front, width=width)

    taken = take_weights(drawn("both"), drawn(given).state_dict())
    assert not any(name.startswith("features.0.") for name in (*taken.taken, *taken.as_drawn, *taken.unused))
    assert "features.4.weight" in taken.taken
    assert ("features.1.weight" in taken.as_drawn) == (given == "edges")  # which sees fewer channels
    with pytest.raises(NetworkError, match="no convolution"):
        take_weights(drawn("both"), drawn("both", width=1 / 8).state_dict())
