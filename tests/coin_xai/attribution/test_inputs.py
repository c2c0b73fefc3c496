import pytest
import torch
from torch import nn

from coin_xai.attribution.inputs import (
    are_sound,
    check_class_index,
    check_logits,
    check_photographs,
    check_pixels,
    check_units,
    find_layer,
    naming_sizes,
)
from coin_xai.errors import NetworkError, OptionError

NETWORK = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())


@pytest.mark.parametrize(
    ("photographs", "message"),
    [
        (torch.zeros(3, 8, 8), r"shape \(3, 8, 8\)"),
        (torch.zeros(2, 1, 8, 8), r"shape \(2, 1, 8, 8\)"),
        (torch.zeros(0, 3, 8, 8), "not empty"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.uint8), "uint8: normalise"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.float16), "float16: normalise"),
        (torch.zeros(2, 3, 8, 8, dtype=torch.float64), "float64 on cpu, but the network is torch.float32"),
        (torch.zeros(2, 3, 8, 8, device="meta"), "float32 on meta, but the network"),
    ],
)
def test_photographs_that_do_not_fit_are_refused(photographs, message):
    with pytest.raises(OptionError, match=message):
        check_photographs(photographs, NETWORK)


@pytest.mark.parametrize("pixel", [torch.nan, torch.inf])
def test_damaged_photographs_are_named_by_position(pixel):
    photographs = torch.zeros(9, 3, 8, 8)
    photographs[[1, 4], 2, 3, 5] = pixel
    with pytest.raises(OptionError, match="position 1, 4 of the batch"):
        check_pixels(photographs)
    photographs[:] = pixel
    with pytest.raises(OptionError, match="position 0, 1, 2, 3, 4 and 4 more of the batch"):
        check_pixels(photographs)


def test_a_batch_is_sound_unless_something_is_not_finite_or_no_unit_of_the_head():
    photographs, units, logits = torch.zeros(2, 3, 8, 8), torch.tensor([0, 4]), torch.zeros(2, 5)
    assert are_sound(photographs, units, logits)
    assert not are_sound(photographs.index_fill(0, torch.tensor(1), torch.nan), units, logits)
    assert not are_sound(photographs, units, logits.index_fill(1, torch.tensor(2), torch.inf))
    assert not are_sound(photographs, units + 1, logits)
    assert not are_sound(photographs, units - 1, logits)


@pytest.mark.parametrize(
    "class_index",
    [
        torch.zeros(3, dtype=torch.int64),
        torch.zeros(2),
        torch.zeros(2, 1, dtype=torch.int64),
        torch.tensor(1),
    ],
)
def test_a_class_index_that_does_not_fit_is_refused(class_index):
    with pytest.raises(OptionError, match="expected int64 with one entry for each of the 2"):
        check_class_index(class_index, torch.zeros(2, 3, 8, 8))


def test_classes_that_the_head_has_not_are_refused():
    with pytest.raises(OptionError, match=r"\[-1, 5\] at position 0, 2 .* 0 to 4"):
        check_units(torch.tensor([-1, 4, 5]), torch.zeros(3, 5))
    with pytest.raises(OptionError, match=r"\[5\] at position 8 of the batch"):
        check_units(torch.tensor([4, 5]), torch.zeros(2, 5), before=7)


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (torch.zeros(2, 5, 1), r"returned \(2, 5, 1\)"),
        (torch.zeros(3, 5), r"returned \(3, 5\)"),
        ({"logits": torch.zeros(2, 5)}, "returned dict"),
        (torch.zeros(2, 5, requires_grad=True).softmax(1), "ends in Softmax"),
        (torch.zeros(2, 5, requires_grad=True).log_softmax(1), "ends in LogSoftmax"),
    ],
)
def test_what_are_no_logits_is_refused(logits, message):
    with pytest.raises(NetworkError, match=message):
        check_logits(logits, 2)


def test_logits_that_are_not_finite_are_refused():
    with pytest.raises(NetworkError, match=r"position 1 .* weights are damaged"):
        check_units(torch.tensor([0, 0]), torch.tensor([[0.0, 1.0], [0.0, torch.nan]]))


def test_the_size_that_a_network_expects_is_told():
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16, 2))
    network.input_size_px = 4
    photographs = torch.zeros(1, 3, 5, 5)
    message = r"\(1, 3, 5, 5\) \(it expects 4 x 4 pixels\)"
    with pytest.raises(NetworkError, match=message), naming_sizes(network, photographs):
        network(photographs)
    with pytest.raises(torch.OutOfMemoryError), naming_sizes(network, photographs):
        raise torch.OutOfMemoryError


def test_a_layer_is_found_by_its_name_or_its_neighbours_are_told():
    network = nn.ModuleDict({"features": NETWORK, "head": nn.Linear(2, 2)})
    assert find_layer(network, "features.1") is NETWORK[1]
    with pytest.raises(
        NetworkError, match=r"no layer 'features\.7': .* features\.\d, features\.\d, features"
    ):
        find_layer(network, "features.7")
    with pytest.raises(NetworkError, match="no layer ''"):
        find_layer(network, "")
