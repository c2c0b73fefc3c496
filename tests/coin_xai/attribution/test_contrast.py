import pytest
import torch

from coin_xai.attribution import Attributor
from coin_xai.attribution.contrast import Contrast
from coin_xai.attribution.engines.engine import Scores
from coin_xai.networks import build

RIVAL = 3


def test_the_gradient_is_that_of_the_plain_formula():
    generator = torch.Generator().manual_seed(3)
    features = torch.randn(4, 6, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    units = torch.tensor([0, 4, 2, 2])
    logits = features @ weight.T
    value = logits.gather(1, units[:, None])[:, 0] - 0.6 * logits[:, RIVAL]
    (gradient,) = torch.autograd.grad(value.sum(), features)
    plain = features.detach()
    scores = Scores(logits=logits.detach(), penultimate=plain, head_input=plain, head_weight=weight)
    target_gradient = Contrast(RIVAL).gradient(scores, units)
    torch.testing.assert_close(target_gradient.value, value.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(target_gradient.gradient, gradient, rtol=1e-12, atol=1e-12)
    assert Contrast(RIVAL).name == "logit minus 0.6 unit 3"


def test_against_the_runner_up_it_is_finer_cam():
    network = build("alexnet", k=4, generator=torch.Generator().manual_seed(1), width=1 / 16).eval()
    photographs = torch.randn(3, 3, 224, 224, generator=torch.Generator().manual_seed(2))
    attributor = Attributor(network, layer=network.attribution_layer)
    units = torch.tensor([0, 1, 2])
    known = attributor.attribute(photographs, units, methods=["finer_cam"])
    for coin in range(3):
        one = slice(coin, coin + 1)
        found = attributor.attribute(
            photographs[one], units[one], methods=["grad_cam"], target=Contrast(int(known.runner_up[coin]))
        )
        assert found.maps["grad_cam"][0].numpy() == pytest.approx(
            known.maps["finer_cam"][coin].numpy(), rel=1e-3, abs=1e-6
        )
