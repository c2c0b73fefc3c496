import pytest
import torch
from torch.nn import functional as F

from coin_xai.networks import build
from coin_xai.optimisation.common_step import CommonStep, together
from coin_xai.optimisation.eager import SGD
from coin_xai.optimisation.ranks import ALONE
from coin_xai.optimisation.step import Step
from coin_xai.optimisation.whole_batch import see_whole_batches
from tests.coin_xai.optimisation.several import in_several_processes

CPU = torch.device("cpu")
BATCHES = (5, 2)
"""Photographs in each batch; of the last one a process of three has none."""


def two_steps(ranks):
    """Learn two batches in double precision; return losses, right answers, and the state of the network."""
    network = build("alexnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 16).double()
    if not ranks.alone:
        see_whole_batches(network, ranks, device=CPU)
        network.double()
    network.train()
    learner = network if ranks.alone else together(network)
    optimisers = [SGD(network.parameters(), lr=0.05, momentum=0.9)]

    def loss_of(shown, wanted):
        logits = learner(shown)
        return F.cross_entropy(logits, wanted), (logits.argmax(dim=1) == wanted).sum()

    step = (
        Step(learner, optimisers, loss_of=loss_of)
        if ranks.alone
        else CommonStep(learner, optimisers, loss_of=loss_of, ranks=ranks)
    )
    draw = torch.Generator().manual_seed(2)
    sums = torch.zeros(2, dtype=torch.float64)
    torch.manual_seed(3)
    for length in BATCHES:
        photographs = torch.randn(length, 3, 224, 224, dtype=torch.float64, generator=draw)
        wanted = torch.arange(length) % 3
        own = ranks.part(length)
        ranks.batch = length
        loss, right = step.take(photographs[own], wanted[own])
        sums += torch.stack([loss, right.double()])
    ranks.sum(sums)
    return {"sums": sums, **network.state_dict()}


@pytest.mark.slow
def test_three_processes_step_as_one_does_though_one_has_no_photograph_of_the_last_batch(tmp_path):
    with torch.random.fork_rng():
        expected = two_steps(ALONE)
    results = in_several_processes(two_steps, tmp_path, count=3)
    for found in results:
        assert found.keys() == expected.keys()
        for name, tensor in expected.items():
            # In double precision nothing but the order of additions is left to differ.
            torch.testing.assert_close(found[name], tensor, rtol=1e-9, atol=1e-11, msg=name)
    for name in expected:
        assert torch.equal(results[0][name], results[1][name]), name
