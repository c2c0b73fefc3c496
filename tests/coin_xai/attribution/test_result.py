import dataclasses

import pytest
import torch

from coin_xai.attribution import METHODS, Attributions, Provenance, guided_grad_cam


def attributions(**changes):
    provenance = Provenance(layer="a", methods=METHODS, dtype="float32", device="cpu", torch_version="2")
    values = {field.name: torch.zeros(1) for field in dataclasses.fields(Attributions)}
    return Attributions(**{**values, "provenance": provenance, **changes})


def test_guided_grad_cam_is_derived_from_its_factors():
    guided, cam = torch.randn(2, 8, 8), torch.randn(2, 3, 3)
    found = attributions(guided=guided, cam=cam).guided_grad_cam()
    assert torch.equal(found, guided_grad_cam(guided, cam))


@pytest.mark.parametrize("missing", ["guided", "cam"])
def test_it_is_refused_without_them(missing):
    with pytest.raises(ValueError, match="not among the methods"):
        attributions(**{missing: None}).guided_grad_cam()


def test_results_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        attributions().cam = None
