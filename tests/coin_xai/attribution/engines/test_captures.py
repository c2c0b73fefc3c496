import pytest
import torch
from torch import nn

from coin_xai.attribution.engines.captures import captured_ends, captured_layer, only_maps
from coin_xai.attribution.engines.rectifiers import Rectifier, Switch
from coin_xai.errors import NetworkError

SIGNAL = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))


def network(*tail):
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(64, 5), *tail)


def hooks(whole):
    return sum(len(module._forward_hooks) for module in whole.modules())


def test_maps_are_copies_that_work_in_place_does_not_reach():
    whole = network()
    with captured_layer(whole, "0") as captured:
        whole(SIGNAL)
    assert torch.equal(only_maps(captured, "0"), whole[0](SIGNAL))
    assert (captured[0] < 0).any()
    assert captured[0].requires_grad


def test_the_head_and_both_sides_of_the_last_rectifier_are_caught():
    whole = network(Rectifier(Switch()), nn.Dropout(), nn.Linear(5, 2)).eval()
    with captured_ends(whole) as ends:
        logits = whole(SIGNAL)
    head, head_input = ends.head(logits)
    assert head is whole[-1]
    assert torch.equal(head_input, ends.before_rectifier(head_input).relu())
    assert (ends.before_rectifier(head_input) < 0).any()


def test_features_that_come_from_no_rectifier_are_themselves():
    whole = network(Rectifier(Switch()), nn.Tanh(), nn.Linear(5, 2))
    with captured_ends(whole) as ends:
        _, head_input = ends.head(whole(SIGNAL))
    assert ends.before_rectifier(head_input) is head_input


@pytest.mark.parametrize("tail", [nn.Tanh(), nn.Linear(5, 2)])
def test_other_logits_have_no_head(tail):
    with captured_ends(network(tail)) as ends, pytest.raises(NetworkError, match="end the network in one"):
        ends.head(torch.zeros(2, 2))


@pytest.mark.parametrize("catch", [captured_ends, lambda whole: captured_layer(whole, "1")])
def test_hooks_are_gone_afterwards_also_after_an_exception(catch):
    whole = network()
    seen = []

    def fail():
        seen.append(hooks(whole))
        raise KeyError

    with pytest.raises(KeyError), catch(whole):
        fail()
    assert seen == [1]
    assert hooks(whole) == 0
