import logging

import pytest
import torch
from torch import nn

from coin_xai.attribution import METHODS, Attributor
from coin_xai.attribution.engines.planned import engine as planned_engine
from coin_xai.attribution.engines.planned.operations import Rectify
from coin_xai.errors import NetworkError


def small(*tail):
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), *tail, nn.Flatten(), nn.Linear(144, 3))


PHOTOGRAPHS, UNITS = (
    torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(2)),
    torch.tensor([0, 1, 2]),
)


def test_a_chain_is_planned_and_anything_else_goes_by_autograd(caplog):
    found = Attributor(small(), layer="1").attribute(PHOTOGRAPHS, UNITS, methods=METHODS)
    assert (found.provenance.engine, found.provenance.engine_reason) == ("planned", "")
    with caplog.at_level(logging.INFO):
        found = Attributor(small(nn.Tanh()), layer="1").attribute(PHOTOGRAPHS, UNITS, methods=METHODS)
    assert found.provenance.engine == "autograd"
    assert found.provenance.engine_reason == "'2' is Tanh, which is not planned for"
    assert "'2' is Tanh" in caplog.text


def test_a_wish_is_followed_or_refused():
    found = Attributor(small(), layer="1", engine="autograd").attribute(PHOTOGRAPHS, UNITS, methods=METHODS)
    assert (found.provenance.engine, found.provenance.engine_reason) == ("autograd", "asked for")
    attributor = Attributor(small(nn.Tanh()), layer="1", engine="planned")
    with pytest.raises(NetworkError, match=r"cannot be planned: '2' is Tanh.* Choose the engine 'automatic'"):
        attributor.attribute(PHOTOGRAPHS, UNITS, methods=METHODS)


class Idle:
    """An operation that leaves all as it is."""

    overwrites = False

    def forward(self, signal, *, keep):  # noqa: ARG002
        return signal, None

    def back(self, gradient, memory, rule):  # noqa: ARG002
        return gradient


def test_a_plan_that_is_wrong_is_found_out_before_it_explains_anything(monkeypatch):
    compiled = planned_engine.compiled

    def forgetful(chain, **options):
        return tuple(Idle() if isinstance(one, Rectify) else one for one in compiled(chain, **options))

    monkeypatch.setattr(planned_engine, "compiled", forgetful)
    found = Attributor(small(), layer="1").attribute(PHOTOGRAPHS, UNITS, methods=METHODS)
    assert found.provenance.engine == "autograd"
    assert found.provenance.engine_reason == "the plan and autograd give different logits"


def test_plans_are_kept_while_the_weights_are_the_same():
    network = small()
    attributor = Attributor(network, layer="1")
    engines = []

    def engine_now():
        attributor.attribute(PHOTOGRAPHS, UNITS, methods=METHODS)
        engines.append(attributor._choice.engine)
        return engines[-1]

    first = engine_now()
    assert engine_now() is first
    with torch.no_grad():
        network[0].weight[0, 0, 0, 0] += 1e-3  # counted
    second = engine_now()
    assert second is not first
    network[-1].weight.data.neg_()  # not counted, and seen all the same
    assert engine_now() is not second


def test_weights_made_in_inference_mode_are_refused():
    with torch.inference_mode():
        network = small()
    for engine in ("planned", "autograd"):
        with pytest.raises(NetworkError, match=r"made in torch\.inference_mode, .* outside of it"):
            Attributor(network, layer="1", engine=engine).attribute(PHOTOGRAPHS, UNITS, methods=METHODS)
