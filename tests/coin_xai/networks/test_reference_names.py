import pytest
import torch
from torch import nn

from coin_xai.networks import build
from coin_xai.networks.reference_names import to_reference_names


class PublishedAlexNet(nn.Module):
    """The published network, written down from its description: layers, names, order of the forward pass."""

    def __init__(self, n_units):
        super().__init__()
        layers, channels = [], 2
        for filters, kernel, stride, padding, pooled in (
            (96, 11, 4, 2, True),
            (256, 5, 1, 2, True),
            (384, 3, 1, 1, False),
            (384, 3, 1, 1, False),
            (256, 3, 1, 1, True),
        ):
            layers += [
                nn.Conv2d(channels, filters, kernel, stride, padding),
                nn.BatchNorm2d(filters),
                nn.ReLU(),
            ]
            layers += [nn.MaxPool2d(3, 2)] if pooled else []
            channels = filters
        self.features = nn.DataParallel(nn.Sequential(*layers))
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(9216, 4096),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(),
        )
        self.top_layer = nn.Linear(4096, n_units)
        self.sobel = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Conv2d(1, 2, 3, padding=1))

    def forward(self, photographs):
        maps = self.features(self.sobel(photographs))
        return self.top_layer(self.classifier(maps.view(len(maps), -1)))


def test_the_published_network_loads_it_and_computes_the_same():
    ours = build("alexnet", k=5, generator=torch.Generator().manual_seed(2), sobel_padding="zeros").eval()
    published = PublishedAlexNet(7).eval()
    renamed = to_reference_names(ours.state_dict(), n_units=7)
    assert list(renamed) == list(published.state_dict())
    published.load_state_dict(renamed)
    photographs = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        expected, found = ours(photographs), published(photographs)
    torch.testing.assert_close(found[:, :5], expected)
    assert found[:, 5:].max() < expected.min() - 50


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_without_a_sobel_front_there_is_none_in_the_names(name):
    network = build(name, k=5, generator=torch.Generator(), sobel=False, width=1 / 16)
    renamed = to_reference_names(network.state_dict(), n_units=5)
    assert not any(key.startswith("sobel") for key in renamed)
    assert len(renamed) == len(network.state_dict())
