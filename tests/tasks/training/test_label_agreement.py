import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.partition import Clustering
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.photographs.pixels import Pixels
from storage.layout import RunLayout
from tasks.training.label_agreement import LabelAgreement
from tasks.training.metrics import Metrics

N_COINS = 12


@pytest.fixture(scope="module")
def trainer():
    data = np.random.default_rng(0).integers(256, size=N_COINS * 64 * 64 * 3, dtype=np.uint8)
    sides = np.full(N_COINS, 64)
    pixels = Pixels(data, np.arange(N_COINS) * 64 * 64 * 3, sides, sides)
    return DeepCluster(pixels, TrainingOptions(k=3, width=1 / 16), device=torch.device("cpu"))


@pytest.fixture
def metrics(tmp_path):
    return Metrics(RunLayout(tmp_path / "run"))


def partition(cluster):
    return Clustering(np.array(cluster), np.zeros(N_COINS, np.float32), np.zeros((3, 2), np.float32))


def coins(**columns):
    return pd.DataFrame({"coin_id": [str(number) for number in range(N_COINS)], **columns})


def test_compares_only_coins_whose_label_is_known(trainer, metrics):
    labels = [1, 1, 1, 1, 2, 2, 2, 2, None, None, None, None]
    judge = LabelAgreement(coins(type=labels), "type", trainer, metrics)
    cluster = [0, 0, 0, 1, 2, 2, 2, 2, 0, 1, 2, 0]
    found = judge.figures(partition(cluster))
    assert found["ami_to_label"] == pytest.approx(agreement(labels[:8], cluster[:8]).ami)
    assert found["label"] == "type"
    for column, partitioned in (
        ("baseline_ami_to_label", trainer.baseline()),
        ("untrained_ami_to_label", trainer.untrained()),
    ):
        expected = agreement(labels[:8], partitioned.cluster[:8]).ami
        assert found[column] == pytest.approx(expected)


def test_the_baseline_of_another_label_is_another(trainer, metrics):
    table = coins(type=np.arange(N_COINS) % 3, metal=np.arange(N_COINS) // 6)
    for label in ("type", "metal"):
        judge = LabelAgreement(table, label, trainer, metrics)
        expected = agreement(table[label], trainer.baseline().cluster).ami
        figures = judge.figures(partition([0, 1, 2] * 4))
        assert figures["baseline_ami_to_label"] == pytest.approx(expected)
        metrics.keep({"epoch": 0, **figures})


def test_what_learnt_nothing_is_clustered_once_a_run(trainer, metrics):
    known = {"baseline_ami_to_label": 0.123, "untrained_ami_to_label": 0.045}
    metrics.keep({"epoch": 0, "label": "type", **known})
    judge = LabelAgreement(coins(type=np.arange(N_COINS) % 3), "type", trainer, metrics)
    figures = judge.figures(partition([0, 1, 2] * 4))
    assert {name: figures[name] for name in known} == known


def test_a_label_that_comes_after_learning_knows_no_untrained_network(trainer, metrics, monkeypatch):
    monkeypatch.setattr(trainer, "epochs_done", 1)
    figures = LabelAgreement(coins(type=np.arange(N_COINS) % 3), "type", trainer, metrics).figures(
        partition([0] * 12)
    )
    assert "baseline_ami_to_label" in figures
    assert "untrained_ami_to_label" not in figures


def test_without_a_label_there_is_nothing_to_say(trainer, metrics):
    assert LabelAgreement(coins(), None, trainer, metrics).figures(partition([0, 1, 2] * 4)) == {}
