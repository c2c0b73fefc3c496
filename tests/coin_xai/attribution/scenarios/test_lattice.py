"""Whether the hottest cell of a map lies where the layers of a network put it, whatever is shown.

Networks with weights drawn by chance are shown noise. Where hottest cells are even in their row and column
more often than by chance, maps have a lattice: behind AlexNet's last convolution windows of 3 are pooled at
steps of 2, and the cells that they share take gradients from several.
"""

import numpy as np
import pytest
import torch

from coin_xai.attribution import Attributor
from coin_xai.networks import build

NETWORKS = {"gridnet": 60, "alexnet": 20}
"""So many that a lattice would be told from chance; that of AlexNet is so plain that fewer tell it."""


@pytest.fixture(scope="module")
def share_of_even_cells():
    def measure(name, width):
        draw, even = torch.Generator().manual_seed(2), []
        for seed in range(NETWORKS[name]):
            network = build(name, k=5, generator=torch.Generator().manual_seed(seed), width=width).eval()
            side = network.input_size_px
            found = Attributor(network, layer=network.attribution_layer).attribute(
                torch.randn(5, 3, side, side, generator=draw), torch.arange(5), methods=["hires_cam"]
            )
            maps = found.maps["hires_cam"]
            hottest = maps.flatten(1).argmax(dim=1)
            row, column = hottest // maps.shape[2], hottest % maps.shape[2]
            even += ((row % 2 == 0) & (column % 2 == 0)).tolist()
        return np.mean(even), len(even), (-(-maps.shape[2] // 2) / maps.shape[2]) ** 2

    return measure


def test_maps_of_the_grid_network_have_no_lattice(share_of_even_cells):
    share, count, chance = share_of_even_cells("gridnet", 1 / 4)
    # Once in a thousand it would lie beyond by chance; weights and noise are the same in every run.
    assert abs(share - chance) < 3.3 * np.sqrt(chance * (1 - chance) / count)


def test_maps_before_an_overlapping_pool_have_one(share_of_even_cells):
    share, count, chance = share_of_even_cells("alexnet", 1 / 16)
    assert share > chance + 5 * np.sqrt(chance * (1 - chance) / count)
