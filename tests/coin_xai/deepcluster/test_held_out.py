import numpy as np
import pytest
import torch

from coin_xai.deepcluster.held_out import train_without
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.efficientnet_lite import fold_in
from coin_xai.matching.backbones.pretrained import read_weights
from coin_xai.matching.likeness import find_frames
from coin_xai.mint import Issue, mint
from coin_xai.networks import build
from tests.coin_xai.conftest import as_pixels

CPU = torch.device("cpu")
OPTIONS = TrainingOptions(k=3, network="gridnet", width=1 / 4, batch_size=8)
FOLD = np.arange(30) % 5


@pytest.fixture(scope="module")
def coins():
    return list(mint(Issue(coins=30, types=3, seed=5)))


@pytest.fixture(scope="module")
def types(coins):
    return np.unique([coin.truth.type for coin in coins], return_inverse=True)[1] + 4


@pytest.fixture(scope="module")
def shown(coins):
    pixels = as_pixels([np.ascontiguousarray(coin.photograph[::2, ::2]) for coin in coins])
    return Aligned(pixels, find_frames(pixels, centre_crop=1.0, device=CPU))


@pytest.fixture(scope="module")
def taken_for(shown, types):
    return train_without(shown, types, FOLD, OPTIONS, epochs=3, device=CPU)


def test_the_front_of_the_trained_network_serves_where_its_weights_are_not_installed(
    pretrained, shown, types
):
    options = OPTIONS.model_copy(update={"front": "both"})
    expected = train_without(shown, types, FOLD, options, epochs=1, device=CPU)
    assert (expected == types).mean() > 0.6
    trained = build("gridnet", k=3, generator=torch.Generator(), front="both")
    fold_in(trained.front.seen.network, read_weights())
    trained.load_state_dict(trained.state_dict())
    pretrained.undo()
    found = train_without(shown, types, FOLD, options, epochs=1, device=CPU, front=trained.front)
    assert found.tolist() == expected.tolist()
    with pytest.raises(OptionError, match="needs the package"):
        train_without(shown, types, FOLD, options, epochs=1, device=CPU)


def test_types_are_recognised_and_shuffled_ones_are_not(shown, types, taken_for):
    assert (taken_for == types).mean() > 0.8
    shuffled = np.random.default_rng(3).permutation(types)
    found = train_without(shown, shuffled, FOLD, OPTIONS, epochs=3, device=CPU)
    assert (found == shuffled).mean() < 0.65


def test_no_coin_has_a_say_in_what_it_is_taken_for(shown, types, taken_for):
    """Whatever cluster a held-out coin is said to be in, the network that is asked is the same."""
    lied = types.copy()
    lied[FOLD == 2] = np.roll(types[FOLD == 2], 1)
    found = train_without(shown, lied, FOLD, OPTIONS, epochs=3, device=CPU)
    np.testing.assert_array_equal(found[FOLD == 2], taken_for[FOLD == 2])


def test_it_tells_how_far_it_is(shown, types):
    told = []
    train_without(shown, types, FOLD, OPTIONS, epochs=2, device=CPU, advance=told.append)
    assert sum(told) == 3 * len(types)


def test_a_cluster_that_no_other_fold_knows_is_never_named(shown, types):
    rare = types.copy()
    rare[7] = 99
    found = train_without(shown, rare, FOLD, OPTIONS, epochs=1, device=CPU)
    assert found[7] != 99
    lonely = np.where(FOLD == 0, types, 4)
    found = train_without(shown, lonely, FOLD, OPTIONS, epochs=1, device=CPU)
    assert (found[FOLD == 0] == -1).all()
