import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision import models

from coin_xai.attribution.engines.planned.tracing import RefusalError, chain


class Network(nn.Module):
    """Two layers, with a flattening of one's own between them."""

    def __init__(self, flatten, after=lambda signal: signal):
        super().__init__()
        self.flatten, self.after = flatten, after
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

    def forward(self, photographs):
        return self.after(self.head(self.flatten(self.conv(photographs))))


@pytest.mark.parametrize(
    "flatten",
    [
        lambda maps: maps.flatten(1),
        lambda maps: torch.flatten(maps, 1),
        lambda maps: torch.flatten(maps, start_dim=1),
        lambda maps: maps.view(maps.size(0), -1),
        lambda maps: maps.view(maps.size(0), 4),
        lambda maps: maps.reshape(maps.shape[0], 4),
        lambda maps: maps.reshape(maps.size()[0], -1),
    ],
)
def test_every_usual_way_to_flatten_is_known(flatten):
    assert chain(Network(flatten)) == ["conv", None, "head"]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Network(lambda maps: F.relu(maps).flatten(1)), "the function relu is called, which is not a module"),
        (Network(lambda maps: maps.relu_().flatten(1)), "the function relu_ is called"),
        (Network(lambda maps: maps.mean((2, 3))), "the function mean is called"),
        (Network(lambda maps: maps.flatten(2)), "the function flatten is called"),
        (Network(lambda maps: maps.view(-1, 4)), "the function view is called"),
        (Network(lambda maps: (maps + maps).flatten(1)), "the function add is called"),
        (
            Network(lambda maps: maps.flatten(1) if maps.sum() > 0 else maps),
            "cannot be followed symbolically",
        ),
        (Network(torch.nn.Flatten(), lambda logits: (logits, logits)), "something else than the end"),
        (models.resnet18(), "the signal branches at"),
    ],
)
def test_what_is_no_chain_of_modules_is_refused_by_name(network, message):
    with pytest.raises(RefusalError, match=message):
        chain(network)


def test_a_second_input_is_refused():
    class Two(nn.Module):
        def forward(self, photographs, mask):
            return photographs * mask

    with pytest.raises(RefusalError, match="takes 'mask' beside photographs"):
        chain(Two())


def test_an_optional_input_that_is_never_used_is_not_minded():
    class Spare(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(2, 2)

        def forward(self, photographs, spare=None):  # noqa: ARG002
            return self.head(photographs)

    assert chain(Spare()) == ["head"]
