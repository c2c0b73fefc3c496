import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coin_xai.networks import build
from coin_xai.optimisation.step import Step


class LittleMemory(nn.Module):
    """Has room for so many photographs at once, and says so as PyTorch does."""

    def __init__(self, room):
        super().__init__()
        self.room, self.seen = room, []

    def forward(self, photographs):
        self.seen.append(len(photographs))
        if len(photographs) > self.room:
            raise torch.OutOfMemoryError(f"{len(photographs)} photographs do not fit")
        return photographs


def network_of(*, room=64, normalised=False):
    network = build("alexnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 16).double().train()
    network.classifier[0], network.classifier[3] = nn.Identity(), nn.Identity()
    if not normalised:
        for number, layer in enumerate(network.features):
            if isinstance(layer, nn.BatchNorm2d):
                network.features[number] = nn.Identity()
    # Behind the batch statistics of the first layers, so that a failed attempt has already changed some.
    network.rectifier = nn.Sequential(nn.ReLU(), LittleMemory(room))
    return network


def batch():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(12, 3, 224, 224, dtype=torch.float64, generator=generator), torch.arange(12) % 3


def step_of(network):
    def loss_of(photographs, target):
        logits = network(photographs)
        return F.cross_entropy(logits, target), (logits.argmax(dim=1) == target).sum()

    return Step(network, [torch.optim.SGD(network.parameters(), lr=0.1)], loss_of=loss_of)


def test_a_whole_batch_is_a_plain_step():
    network, plain = network_of(normalised=True), network_of(normalised=True)
    loss, right = step_of(network).take(*batch())
    photographs, target = batch()
    logits = plain(photographs)
    expected = F.cross_entropy(logits, target, reduction="sum")
    (expected / 12).backward()
    torch.optim.SGD(plain.parameters(), lr=0.1).step()
    torch.testing.assert_close(loss, expected.detach())
    assert right == (logits.argmax(dim=1) == target).sum()
    for mine, theirs in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)
        assert mine.grad is None


def test_parts_give_the_gradient_of_the_whole(caplog):
    whole, parted = network_of(), network_of(room=4)
    step = step_of(parted)
    expected, found = step_of(whole).take(*batch()), step.take(*batch())
    assert step.parts == 4
    assert "in 4 parts" in caplog.text
    torch.testing.assert_close(expected[0], found[0])
    for mine, theirs in zip(parted.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)
    step.take(*batch())
    assert parted.rectifier[1].seen == [12, 6, 3, 3, 3, 3, 3, 3, 3, 3]


def test_everything_that_a_loss_takes_is_parted_alike():
    weight, seen = torch.ones(1, requires_grad=True), []

    def loss_of(*part):
        seen.append([rows.tolist() for rows in part])
        return (weight * part[1].float()).mean(), torch.tensor(len(part[0]))

    step = Step(nn.Identity(), [torch.optim.SGD([weight], lr=1.0)], loss_of=loss_of)
    step.parts = 2
    total, right = step.take(torch.arange(5), torch.arange(5) * 2, torch.zeros(5, 0))
    assert seen == [[[0, 1, 2], [0, 2, 4], [[], [], []]], [[3, 4], [6, 8], [[], []]]]
    assert (total, right) == (20, 5)
    assert weight.item() == pytest.approx(1 - 20 / 5)


def test_a_failed_attempt_leaves_no_trace_in_the_batch_statistics():
    failing, parted = network_of(room=6, normalised=True), network_of(normalised=True)
    step_of(failing).take(*batch())
    step = step_of(parted)
    step.parts = 2
    step.take(*batch())
    for mine, theirs in zip(failing.buffers(), parted.buffers(), strict=True):
        assert torch.equal(mine, theirs)


def test_where_nothing_helps_the_error_comes_through():
    with pytest.raises(torch.OutOfMemoryError):
        step_of(network_of(room=1)).take(*batch())
