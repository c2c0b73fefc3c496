import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.preprocessing import normalize

from coin_xai.networks import build, normalise
from coin_xai.photographs.pixels import Pixels
from tasks.adopting import head_scores as module
from tasks.adopting.head_scores import head_scores

CROP = 0.875
N = 10


@pytest.fixture(scope="module")
def pixels():
    data = np.random.default_rng(5).integers(0, 256, N * 64 * 64 * 3, dtype=np.uint8)
    size = np.full(N, 64)
    return Pixels(data, np.arange(N) * 64 * 64 * 3, size, size)


@pytest.fixture(scope="module")
def network(pixels):
    """A network whose head finds the coins different; one as drawn votes for the same unit all the time."""
    drawn = build(
        "alexnet", k=5, generator=torch.Generator().manual_seed(2), sobel_padding="zeros", width=1 / 16
    ).eval()
    torch.nn.init.normal_(drawn.head.weight, 0, 1, generator=torch.Generator().manual_seed(3))
    squares = torch.from_numpy(pixels.centre_squares(np.arange(N), size_px=224, crop=CROP))
    with torch.no_grad():
        drawn.head.bias -= drawn(normalise(squares)).mean(dim=0)
    return drawn


# Units 1 and 4 are no cluster's; 40, 10 and 30 have the units 0, 2 and 3.
CLASS_INDEX = np.array([0, 2, 3, 3, 2, 0, 0, 2, 3, 0])
CLUSTER = np.array([40, 0, 10, 30])[CLASS_INDEX]


def cast(network, pixels):
    return head_scores(
        network,
        pixels,
        CLUSTER,
        CLASS_INDEX,
        centre_crop=CROP,
        device=torch.device("cpu"),
        advance=lambda _count: None,
    )


@pytest.fixture(scope="module")
def exact(network, pixels):
    """Features and logits, computed in double precision from the parts of the network."""
    squares = torch.from_numpy(pixels.centre_squares(np.arange(N), size_px=224, crop=CROP))
    double = (
        build("alexnet", k=5, generator=torch.Generator(), sobel_padding="zeros", width=1 / 16)
        .double()
        .eval()
    )
    double.load_state_dict(network.state_dict())
    with torch.inference_mode():
        maps = double.features(double.sobel(normalise(squares, dtype=torch.float64)))
        features = double.classifier(maps.flatten(1))
        logits = features.clamp_min(0) @ double.head.weight.T + double.head.bias
    return features.numpy(), logits.numpy()


@pytest.mark.parametrize("block", [1024, 3])
def test_the_figures_are_those_of_an_exact_computation(network, pixels, exact, monkeypatch, block):
    monkeypatch.setattr(module, "BLOCK", block)
    features, logits = exact
    table = cast(network, pixels)
    own = logits[np.arange(N), CLASS_INDEX]
    others = logits.copy()
    others[np.arange(N), CLASS_INDEX] = -np.inf
    np.testing.assert_allclose(table["score"], own, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(table["margin"], own - others.max(axis=1), rtol=1e-4, atol=1e-5)
    assert table["head_class_index"].tolist() == logits.argmax(axis=1).tolist()
    assert table["head_agrees"].tolist() == (logits.argmax(axis=1) == CLASS_INDEX).tolist()
    assert ((table["margin"] > 0) == table["head_agrees"]).all()
    assert table["head_agrees"].nunique() == 2, "the head is always right or always wrong; draw another"
    directions = pd.DataFrame(normalize(features)).groupby(CLUSTER)
    distance = ((pd.DataFrame(normalize(features)) - directions.transform("mean")) ** 2).sum(axis=1)
    np.testing.assert_allclose(table["distance"], distance, rtol=1e-3)


def test_a_unit_is_shown_as_its_cluster_and_as_nothing_where_it_has_none(network, pixels, exact):
    _, logits = exact
    table = cast(network, pixels)
    name = {0: 40, 1: None, 2: 10, 3: 30, 4: None}
    others = logits.copy()
    others[np.arange(N), CLASS_INDEX] = -np.inf
    for column, unit in (
        ("head_cluster", logits.argmax(axis=1)),
        ("runner_up_cluster", others.argmax(axis=1)),
    ):
        found = [None if pd.isna(one) else one for one in table[column]]
        assert found == [name[one] for one in unit]
        assert None in found
        assert str(table[column].dtype) == "Int64"


def test_every_coin_is_counted_once(network, pixels):
    counted = []
    head_scores(
        network,
        pixels,
        CLUSTER,
        CLASS_INDEX,
        centre_crop=1.0,
        device=torch.device("cpu"),
        advance=counted.append,
    )
    assert sum(counted) == N
