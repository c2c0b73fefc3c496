import pytest
import torch

from coin_xai.attribution.engines.engine import Scores
from coin_xai.attribution.targets import Lead, Logit, runner_up


@pytest.fixture
def scores():
    generator = torch.Generator().manual_seed(3)
    features = torch.randn(4, 6, generator=generator, dtype=torch.float64)
    weight = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    bias = torch.randn(5, generator=generator, dtype=torch.float64)
    return Scores(
        logits=features @ weight.T + bias, penultimate=features, head_input=features, head_weight=weight
    )


UNITS = torch.tensor([0, 4, 2, 2])


@pytest.mark.parametrize(("target", "share"), [(Logit(), 0), (Lead(), 1), (Lead(share=0.6), 0.6)])
def test_the_gradient_is_that_of_the_plain_formula(scores, target, share):
    features = scores.head_input.clone().requires_grad_()
    logits = features @ scores.head_weight.T + (scores.logits - scores.head_input @ scores.head_weight.T)
    values = []
    for coin, unit in enumerate(UNITS.tolist()):
        rivals = torch.cat([logits[coin, :unit], logits[coin, unit + 1 :]])
        values.append(logits[coin, unit] - share * rivals.max())
    value = torch.stack(values)
    (gradient,) = torch.autograd.grad(value.sum(), features)
    target_gradient = target.gradient(scores, UNITS)
    torch.testing.assert_close(target_gradient.value, value.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(target_gradient.gradient, gradient, rtol=1e-12, atol=1e-12)
    assert target_gradient.at == "head_input"
    assert (target_gradient.unit is not None) == (share == 0)


def test_the_names_tell_targets_apart():
    names = [Logit().name, Lead().name, Lead(share=0.6).name]
    assert names == ["logit", "logit minus runner-up", "logit minus 0.6 runner-up"]


def test_the_runner_up_is_the_best_of_the_others():
    logits = torch.tensor([[1.0, 5.0, 3.0], [1.0, 5.0, 3.0]])
    unit, logit = runner_up(logits, torch.tensor([1, 0]))
    assert (unit.tolist(), logit.tolist()) == ([2, 1], [3.0, 5.0])


def test_without_a_rival_the_lead_is_the_logit():
    features, weight = torch.randn(2, 3), torch.randn(1, 3)
    alone = Scores(logits=features @ weight.T, penultimate=features, head_input=features, head_weight=weight)
    unit = torch.tensor([0, 0])
    assert runner_up(alone.logits, unit)[0].tolist() == [-1, -1]
    target_gradient = Lead().gradient(alone, unit)
    torch.testing.assert_close(target_gradient.value, alone.logits[:, 0])
    torch.testing.assert_close(target_gradient.gradient, weight.expand(2, 3))
