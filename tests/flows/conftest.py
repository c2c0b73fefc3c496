import pytest

from coin_xai.deepcluster.options import TrainingOptions
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters


@pytest.fixture(autouse=True)
def _alone(no_server_of_the_user):
    """Every test here is about flows, which would run on a configured server."""


@pytest.fixture
def run(coins, tmp_path):
    """The folder of a run that was trained for one epoch."""
    return train_clusters.fn(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8),
        Duration(epochs=1),
        Place(runs=tmp_path, name="test"),
    )
