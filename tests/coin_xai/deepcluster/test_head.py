import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

from coin_xai.deepcluster.head import fit_head
from coin_xai.optimisation import logistic


def test_reproduces_a_clustering_of_the_features():
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(6, 50))
    class_index = np.repeat(np.arange(6), 30)
    features = (centres[class_index] * 2 + generator.normal(size=(180, 50))).astype(np.float32)
    head = fit_head(features, class_index)
    assert head.fit >= 0.995
    # The weights act on the network's own features, so a forward pass gives the same logits.
    forward = F.linear(F.relu(torch.from_numpy(features)), head.weight, head.bias)
    np.testing.assert_allclose(forward.numpy(), head.logits, atol=1e-3)


def test_fit_is_honest_where_no_head_can_know_the_clusters():
    features = np.ones((40, 5), np.float32)
    head = fit_head(features, np.arange(40) % 2)
    assert head.fit == pytest.approx(0.5)


def test_equals_the_penalised_logistic_regression_of_scikit_learn():
    generator = np.random.default_rng(1)
    features = generator.normal(size=(90, 8)).astype(np.float32)
    class_index = np.abs(features[:, :3]).argmax(axis=1)
    head = fit_head(features, class_index)
    rectified = np.maximum(features, 0).astype(np.float64)
    inputs = rectified - rectified.mean(axis=0)
    inputs /= np.sqrt((inputs**2).mean())
    reference = LogisticRegression(C=1 / (head.weight_penalty * len(inputs)), tol=1e-8, max_iter=5000)
    expected = reference.fit(inputs, class_index).predict_log_proba(inputs)
    found = torch.from_numpy(head.logits).log_softmax(dim=1).numpy()
    assert np.abs(found - expected).mean() < 0.05


def test_blocks_do_not_change_the_result(monkeypatch):
    generator = np.random.default_rng(2)
    features = generator.normal(size=(90, 8)).astype(np.float32)
    class_index = np.abs(features[:, :3]).argmax(axis=1)
    whole = fit_head(features, class_index)
    monkeypatch.setattr(logistic, "BLOCK", 16)
    in_blocks = fit_head(features, class_index)
    assert whole.weight_penalty == in_blocks.weight_penalty
    np.testing.assert_allclose(whole.logits, in_blocks.logits, rtol=0.05, atol=0.05)
