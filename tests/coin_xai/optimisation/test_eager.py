import copy
import subprocess
import sys

import pytest
import torch

from coin_xai.optimisation import eager

HOW = {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3}

STEPS = """
import sys
import torch
from coin_xai.optimisation.eager import LBFGS, SGD

for network in (torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)):
    for optimiser in (
        SGD(network.parameters(), lr=0.1, momentum=0.9, fused=True),
        SGD(network.parameters(), lr=0.1),
        LBFGS(network.parameters(), line_search_fn="strong_wolfe"),
    ):
        def loss():
            optimiser.zero_grad()
            value = network(torch.ones(4, 3)).square().sum()
            value.backward()
            return value

        loss()
        optimiser.step(loss)
        optimiser.load_state_dict(optimiser.state_dict())
print(*sys.modules)
"""


def test_steps_import_no_compiler():
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    assert not {"torch._dynamo", "sympy"} & set(done.stdout.split())


def network():
    made = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3))
    with torch.no_grad():
        for number, weights in enumerate(made.parameters()):
            weights.copy_(torch.randn(weights.shape, generator=torch.Generator().manual_seed(number)))
    return made


def loss_of(network, step):
    inputs = torch.randn(8, 5, generator=torch.Generator().manual_seed(100 + step))
    return network(inputs).square().sum()


def steps_of(kind, network, *, state=None, steps=range(3), **how):
    """Take some steps; return where they lead, and the state that they leave."""
    optimiser = kind(network.parameters(), **how)
    if state is not None:
        optimiser.load_state_dict(copy.deepcopy(state))  # whose tensors it takes for its own
    for step in steps:

        def again(step=step):
            optimiser.zero_grad()
            loss = loss_of(network, step)
            loss.backward()
            return loss

        again()
        optimiser.step(again)
    return [weights.detach() for weights in network.parameters()], optimiser.state_dict()


@pytest.mark.parametrize(
    ("ours", "theirs", "how"),
    [
        (eager.SGD, torch.optim.SGD, {**HOW, "fused": True}),
        (eager.SGD, torch.optim.SGD, HOW),
        (eager.SGD, torch.optim.SGD, {"lr": 0.05, "weight_decay": 1e-3}),
        (eager.LBFGS, torch.optim.LBFGS, {"line_search_fn": "strong_wolfe", "max_iter": 5}),
        (eager.AdamW, torch.optim.AdamW, {"lr": 0.05, "weight_decay": 1e-3}),
    ],
    ids=["fused", "momentum", "plain", "lbfgs", "adamw"],
)
def test_steps_and_state_are_those_of_pytorch_to_the_bit(ours, theirs, how):
    weights, state = steps_of(ours, network(), **how)
    expected, their_state = steps_of(theirs, network(), **how)
    torch.testing.assert_close(weights, expected, rtol=0, atol=0)
    torch.testing.assert_close(state["state"], their_state["state"], rtol=0, atol=0)
    assert state["param_groups"] == their_state["param_groups"]


def test_steps_go_on_from_a_state_of_pytorch():
    begun = network()
    _, state = steps_of(torch.optim.SGD, begun, **HOW)
    goes_on = {"state": state, "steps": range(3, 6), **HOW}
    weights, _ = steps_of(eager.SGD, copy.deepcopy(begun), **goes_on)
    expected, _ = steps_of(torch.optim.SGD, begun, **goes_on)
    torch.testing.assert_close(weights, expected, rtol=0, atol=0)


def test_no_step_is_part_of_a_graph():
    made = network()
    steps_of(eager.SGD, made, **HOW)
    assert all(weights.requires_grad and weights.grad_fn is None for weights in made.parameters())
