import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import weight_norm

from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.attribution.engines.rectifiers import Rectifier
from coin_xai.errors import NetworkError


def test_it_computes_the_same_and_shares_every_tensor(network, coins):
    photographs, _ = coins(2)
    twin = PrivateCopy(network).network
    assert torch.equal(twin(photographs), network(photographs))
    originals = [*network.named_parameters(), *network.named_buffers()]
    copies = [*twin.named_parameters(), *twin.named_buffers()]
    assert [name for name, _ in originals] == [name for name, _ in copies]
    for (_, original), (_, alias) in zip(originals, copies, strict=True):
        assert alias is not original
        assert alias.data_ptr() == original.data_ptr()
        assert not alias.requires_grad


def test_every_relu_became_a_rectifier_and_the_original_kept_its_own(network):
    counted = sum(isinstance(module, nn.ReLU) for module in network.modules())
    twin = PrivateCopy(network).network
    assert not any(isinstance(module, nn.ReLU) for module in twin.modules())
    assert sum(isinstance(module, Rectifier) for module in twin.modules()) == counted > 0
    assert sum(isinstance(module, nn.ReLU) for module in network.modules()) == counted


def test_hooks_stay_behind():
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    class Observer:
        def __deepcopy__(self, _memo):
            raise AssertionError("a hook was copied")

        def see(self, *_):
            raise AssertionError("a hook was run")

    observer = Observer()
    network.register_forward_hook(observer.see)
    network[0].register_forward_pre_hook(observer.see)
    network[0].register_full_backward_hook(observer.see)
    network[1].register_load_state_dict_post_hook(observer.see)
    PrivateCopy(network).network(torch.ones(1, 2))
    assert len(network._forward_hooks) == len(network[0]._forward_pre_hooks) == 1


def test_tied_weights_stay_tied():
    network = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    network[2].weight = network[0].weight
    twin = PrivateCopy(network).network
    assert twin[2].weight is twin[0].weight


def test_it_is_current_until_a_tensor_or_a_module_is_exchanged():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    twin = PrivateCopy(network)
    with torch.no_grad():
        network[0].weight.mul_(2)
    network.load_state_dict(network.state_dict())
    assert twin.is_current(network)
    changes = [
        lambda changed: changed.double(),
        lambda changed: changed.load_state_dict(copy.deepcopy(changed.state_dict()), assign=True),
        lambda changed: setattr(changed, "2", nn.Linear(4, 3)),
        lambda changed: setattr(changed, "1", nn.GELU()),
    ]
    for change in changes:
        twin = PrivateCopy(network)
        assert twin.is_current(network)
        change(network)
        assert not twin.is_current(network)


def test_a_tensor_left_over_from_training_does_not_stand_in_the_way():
    network = nn.Linear(2, 2)
    network.last_output = network(torch.ones(1, 2))  # has a graph, which deepcopy alone refuses
    twin = PrivateCopy(network).network
    assert not twin.last_output.requires_grad


def test_parametrised_weights_are_followed():
    network = nn.Sequential(weight_norm(nn.Linear(3, 2)), nn.ReLU())
    twin = PrivateCopy(network)
    with torch.no_grad():
        network[0].parametrizations.weight.original0.mul_(3)
    assert twin.is_current(network)
    assert torch.equal(twin.network(torch.ones(1, 3)), network(torch.ones(1, 3)))


def test_weights_computed_in_a_hook_are_refused():
    network = nn.Sequential(nn.Linear(3, 2))
    prune.l1_unstructured(network[0], "weight", amount=1)
    with pytest.raises(NetworkError, match="L1Unstructured recomputes the weights of '0'"):
        PrivateCopy(network)


def test_wrappers_are_refused_and_compiled_networks_unwrapped():
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    with pytest.raises(NetworkError, match="DataParallel hides the modules"):
        PrivateCopy(nn.DataParallel(network))
    compiled = torch.compile(network, backend="eager")
    twin = PrivateCopy(compiled)
    assert isinstance(twin.network, nn.Sequential)
    assert twin.is_current(compiled)


def test_a_network_that_cannot_be_copied_is_refused():
    network = nn.Sequential(nn.Linear(3, 2))
    network.reader = (number for number in [1])
    with pytest.raises(NetworkError, match=r"Sequential cannot be copied: .*generator"):
        PrivateCopy(network)
