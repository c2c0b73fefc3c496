"""Networks of the published layout, at a fraction of its width, made of PyTorch's own parts."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

ALEXNET = ((96, 11, 4, 2), "M", (256, 5, 1, 2), "M", (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1), "M")
VGG16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]
SHARE = 16


class Published(nn.Module):
    """The published network: convolutions wrapped for several GPUs, a classifier, a top layer, Sobel last."""

    def __init__(self, arch, *, k, sobel):
        super().__init__()
        channels, layers = 2 if sobel else 3, []
        plan = ALEXNET if arch == "alexnet" else [v if v == "M" else (v, 3, 1, 1) for v in VGG16]
        pool = (3, 2) if arch == "alexnet" else (2, 2)
        for block in plan:
            if block == "M":
                layers.append(nn.MaxPool2d(*pool))
                continue
            filters = block[0] // SHARE
            layers += [
                nn.Conv2d(channels, filters, *block[1:]),
                nn.BatchNorm2d(filters),
                nn.ReLU(inplace=True),
            ]
            channels = filters
        self.features = nn.DataParallel(nn.Sequential(*layers))
        width, flat = 4096 // SHARE, channels * (36 if arch == "alexnet" else 49)
        first, second = nn.Linear(flat, width), nn.Linear(width, width)
        drop, relu = nn.Dropout(0.5), nn.ReLU(inplace=True)
        parts = [drop, first, relu, drop, second] if arch == "alexnet" else [first, relu, drop, second]
        self.classifier = nn.Sequential(*parts, nn.ReLU(inplace=True))
        self.top_layer = nn.Linear(width, k)
        if sobel:
            self.sobel = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Conv2d(1, 2, 3, padding=1))


@pytest.fixture
def published():
    """Return the content of a checkpoint as the published code writes it."""

    def make(arch="alexnet", *, k=5, sobel=True, epoch=3, **more):
        torch.manual_seed(0)
        network = Published(arch, k=k, sobel=sobel)
        optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-5)
        content = {
            "epoch": epoch,
            "arch": arch,
            "state_dict": network.state_dict(),
            "optimizer": optimiser.state_dict(),
        }
        assert isinstance(content["state_dict"], OrderedDict)
        return {**content, **more}

    return make
