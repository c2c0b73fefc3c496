import numpy as np
import pytest
import torch

from coin_xai.deepcluster.features import extract_features
from coin_xai.networks import build, normalise

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network():
    return build("alexnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 16)


def extract(network, pixels, *, batch_size=5, advance=lambda _: None):
    return extract_features(
        network, pixels, centre_crop=0.875, batch_size=batch_size, device=CPU, advance=advance
    )


def test_are_the_penultimate_features_of_each_photograph_in_their_order(network, pixels):
    features = extract(network.train(), pixels)
    assert features.dtype == np.float32
    for index in (0, 7, 11):
        square = pixels.centre_squares(np.array([index]), size_px=224, crop=0.875)
        with torch.inference_mode():
            expected = network.eval().penultimate(normalise(torch.from_numpy(square)))
        np.testing.assert_allclose(features[index], expected[0], rtol=1e-4, atol=1e-5)


def test_leaves_batch_statistics_alone_and_reports_every_photograph(network, pixels):
    before = network.features[1].running_mean.clone()
    done = []
    extract(network.train(), pixels, advance=done.append)
    assert torch.equal(network.features[1].running_mean, before)
    assert done == [5, 5, 2]
