import copy

import pytest
import torch
from torch import nn

from coin_xai.networks import GridNet
from coin_xai.networks.together import logits_of


def network(seed, width=0.25):
    return GridNet(3, generator=torch.Generator().manual_seed(seed), width=width).eval()


@pytest.fixture(scope="module")
def photographs():
    return torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))


def with_the_layers_of(first):
    """Return a network with the same layers and a head that can become another."""
    return copy.deepcopy(first, memo={id(one): one for name, one in first.named_children() if name != "head"})


def count_of(module):
    """Count how often a module is called."""
    calls = []
    module.register_forward_hook(lambda *_: calls.append(1))
    return calls


def test_every_network_says_what_it_says_alone(photographs):
    first, second = network(1), network(2)
    second.see_through(first.front)
    other_head = with_the_layers_of(first)
    other_head.head = nn.Linear(first.head.in_features, 5)
    networks = [first, second, other_head]
    with torch.inference_mode():
        for found, one in zip(logits_of(networks, photographs), networks, strict=True):
            torch.testing.assert_close(found, one(photographs))


def test_what_networks_share_is_computed_once(photographs):
    first, second = network(1), network(2)
    second.see_through(first.front)
    shared = with_the_layers_of(first)
    described, learnt = count_of(first.front), count_of(first.features[1])
    with torch.inference_mode():
        logits_of([first, second, shared], photographs)
    assert (len(described), len(learnt)) == (1, 1)


def test_networks_that_share_nothing_are_each_asked(photographs):
    first, second = network(1), network(1)
    second.features[1].weight.data.mul_(-1)
    with torch.inference_mode():
        found, other = logits_of([first, second], photographs)
    assert not torch.allclose(found, other)
