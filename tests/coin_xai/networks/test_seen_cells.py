import numpy as np
import pytest
import torch
from scipy import ndimage

from coin_xai.errors import OptionError
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.backbone import see_parts
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.cut_out import Frame
from coin_xai.networks import build, normalise
from coin_xai.networks.oriented_cells import OrientedCells
from coin_xai.networks.seen_cells import AS_STRONG_AS_EDGES, FRONTS, BothCells, SeenCells
from tests.coin_xai.conftest import as_pixels

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def coins():
    """Three coins, cut out (N x 128 x 128), and as networks are shown them (N x 3 x 128 x 128)."""
    random = np.random.default_rng(4)
    relief = ndimage.gaussian_filter(random.normal(size=(3, 128, 128)), (0, 4, 4))
    grey = np.clip(120 + 40 * relief / relief.std(), 0, 255).astype(np.uint8)
    return grey, normalise(torch.from_numpy(grey)[:, None].expand(-1, 3, -1, -1).contiguous())


@pytest.mark.usefixtures("pretrained")
def test_a_coin_is_seen_as_where_parts_are_compared(coins):
    grey, shown = coins
    blank = as_pixels([np.zeros((128, 128, 3), np.uint8)] * 3)
    aligned = Aligned(blank, [Frame(0.0, 0.0, 128.0)] * 3, cut_out=lambda index: grey[index])
    expected = (
        see_parts(aligned, range(3), load_backbone("pretrained", CPU), device=CPU)
        .astype(np.float32)
        .transpose(0, 3, 1, 2)
    )
    found = SeenCells()(shown) / AS_STRONG_AS_EDGES
    # Float16 has three digits; a tone that became a float and one again is rounded otherwise.
    np.testing.assert_allclose(found, expected * fading_to_the_rim(16), atol=0.02)


@pytest.mark.usefixtures("pretrained")
def test_edges_stand_before_what_is_seen(coins):
    both = BothCells()
    cells = both(coins[1])
    assert cells.shape == (3, 121, 16, 16)
    assert torch.equal(cells[:, :9], OrientedCells()(coins[1]))
    assert torch.equal(cells[:, 9:], both.seen(coins[1]))


@pytest.mark.usefixtures("pretrained")
@pytest.mark.parametrize("front", ["pretrained", "both"])
def test_the_way_back_to_the_pixels_is_the_derivative(coins, front):
    network = build("gridnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 8, front=front)
    network = network.double().eval()
    torch.nn.init.normal_(network.head.weight, generator=torch.Generator().manual_seed(2))
    generator = torch.Generator().manual_seed(5)
    # Of whole grey levels, many pixels would lie just where the darkest and lightest are cut off.
    two = coins[1][:2].double()
    shown = two + 1e-3 * torch.randn(two.shape, generator=generator, dtype=torch.float64)
    shown.requires_grad_()
    (gradient,) = torch.autograd.grad(network(shown)[:, 1].sum(), shown)
    step = torch.randn(shown.shape, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        above, below = (network(shown + sign * 1e-7 * step)[:, 1].sum() for sign in (1, -1))
    # Along the step some rectifiers bend, and percentiles pass from one pixel to the next.
    assert (gradient * step).sum().item() == pytest.approx(((above - below) / 2e-7).item(), rel=1e-3)


@pytest.mark.usefixtures("pretrained")
@pytest.mark.parametrize("front", FRONTS)
def test_a_process_that_has_none_of_a_batch_sees_none(front):
    cells = FRONTS[front]()
    assert cells(torch.zeros(0, 3, 128, 128)).shape == (0, cells.channels, 16, 16)


def test_only_what_stands_behind_the_front_learns():
    network = build("gridnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 8, front="both")
    learning = {id(weight) for weight in network.backbone()}
    assert len(learning) == 6
    assert not learning & {id(weight) for weight in network.front.parameters()}


def test_a_network_that_has_weights_needs_no_package(pretrained, coins):
    def fresh():
        return build("gridnet", k=3, generator=torch.Generator().manual_seed(1), front="both").eval()

    network = fresh()
    expected = network(coins[1])
    pretrained.undo()
    restored = fresh()
    restored.load_state_dict(network.state_dict())
    assert torch.equal(restored(coins[1]), expected)
    with pytest.raises(OptionError, match=r"needs the package .* pip install"):
        fresh()(coins[1])


def test_a_network_that_sees_through_the_front_of_another_needs_no_package(pretrained, coins):
    def fresh(seed):
        return build("gridnet", k=3, generator=torch.Generator().manual_seed(seed), front="both").eval()

    network, other = fresh(1), fresh(2)
    network(coins[1])  # which reads the weights of its front
    pretrained.undo()
    names = [*other.state_dict()]
    other.see_through(network.front)
    assert other.front is network.front
    assert [*other.state_dict()] == names
    assert other(coins[1]).shape == (len(coins[1]), 3)
