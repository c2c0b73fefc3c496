import dataclasses

import pytest
import torch

from coin_xai.attribution import METHODS, Attributions, Provenance
from coin_xai.attribution.result import join

GUIDED = "guided_backpropagation"

PROVENANCE = Provenance(
    network="AlexNet",
    layer="a",
    target="logit",
    methods=METHODS,
    engine="planned",
    engine_reason="",
    dtype="float32",
    device="cpu",
)


def attributions(coins=2, **changes):
    values = {field.name: torch.rand(coins) for field in dataclasses.fields(Attributions)}
    cam = torch.randn(coins, 3, 3)
    values |= {
        "maps": {"grad_cam": cam},
        "maximum": {"grad_cam": cam.clamp(min=0).amax(dim=(1, 2))},
        "gradients": {"guided_backpropagation": torch.randn(coins, 8, 8)},
        "provenance": PROVENANCE,
    }
    return Attributions(**{**values, **changes})


def test_a_map_without_a_positive_value_has_no_evidence():
    found = attributions(maximum={"grad_cam": torch.tensor([0.0, 2.0])})
    assert found.without_evidence("grad_cam").tolist() == [True, False]


def test_results_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        attributions().maps = {}


def test_parts_are_put_together_in_order():
    parts = [attributions(2), attributions(3)]
    whole = join(parts)
    assert whole.logit.tolist() == [*parts[0].logit.tolist(), *parts[1].logit.tolist()]
    assert torch.equal(whole.maps["grad_cam"][2:], parts[1].maps["grad_cam"])
    assert torch.equal(whole.gradients[GUIDED][:2], parts[0].gradients[GUIDED])
    assert whole.provenance == PROVENANCE
    assert join(parts[:1]) is parts[0]
