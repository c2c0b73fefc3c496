import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from coin_xai.optimisation import logistic
from coin_xai.optimisation.logistic import Standardised, minimise


def features(count=40, dimensions=6):
    return torch.from_numpy(np.random.default_rng(0).normal(2, 3, size=(count, dimensions)))


def joined(inputs):
    return torch.cat([block.clone() for _, block in inputs.blocks()])


def test_mean_and_scale_are_those_of_the_chosen_coins():
    values, rows = features(), torch.tensor([3, 1, 30, 7])
    found = joined(Standardised(values, rows))
    expected = values[rows] - values[rows].mean(dim=0)
    torch.testing.assert_close(found, expected / expected.square().mean().sqrt())


def test_negative_features_count_as_zero_where_they_are_rectified():
    values = features()
    found, expected = joined(Standardised(values, rectify=True)), joined(Standardised(values.clamp(min=0)))
    torch.testing.assert_close(found, expected)


def test_blocks_and_what_is_kept_are_the_same(monkeypatch):
    values, rows = features(), torch.arange(5, 38)
    whole = joined(Standardised(values, rows))
    monkeypatch.setattr(logistic, "BLOCK", 8)
    torch.testing.assert_close(joined(Standardised(values, rows)), whole)
    torch.testing.assert_close(joined(Standardised(values, rows, keep=True)), whole)


def test_other_coins_are_seen_by_the_mean_and_scale_of_these():
    values = features()
    inputs = Standardised(values, torch.arange(30))
    weight, bias = torch.randn(3, 6, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
    expected = (values[30:] - inputs.mean) / inputs.scale @ weight.T + bias
    torch.testing.assert_close(inputs.logits(weight, bias, torch.arange(30, 40)), expected)


def test_the_minimum_is_that_of_scikit_learn():
    values = features(60, 4)
    target = values.abs().argmax(dim=1)
    inputs = Standardised(values)
    weight = torch.zeros(4, 4, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    minimise(weight, bias, inputs, target, 0.05, iterations=2000)
    reference = LogisticRegression(C=1 / (0.05 * 60), tol=1e-10, max_iter=5000)
    reference.fit(joined(inputs).numpy(), target.numpy())
    np.testing.assert_allclose(weight.detach().numpy(), reference.coef_, atol=1e-3)
