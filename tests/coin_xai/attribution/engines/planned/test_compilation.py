import dataclasses

import torch
from torch import nn

from coin_xai.attribution.engines.planned.compilation import compiled
from coin_xai.attribution.engines.planned.planner import describe
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.networks import build


def names(rewrites):
    network = build("alexnet", k=3, generator=torch.Generator(), width=1 / 16)
    chain = describe(PrivateCopy(network).network, layer="features.16").steps
    operations = compiled(chain, rewrites=rewrites)
    return [type(operation).__name__ for operation in operations]


def test_all_rewrites_on_our_alexnet():
    dense = names(Rewrites())[-1]  # packed where this PyTorch can
    assert names(Rewrites()) == [
        "FrontByShifts",
        "PolyphaseConvolution",
        "RectifiedPool",
        "LibraryConvolution",
        "RectifiedPool",
        *["WinogradConvolution", "Rectify"] * 2,
        "WinogradConvolution",
        "RectifiedPool",
        "Flat",
        *[dense, "Rectify"] * 2,
        dense,
    ]


def test_no_rewrites():
    nothing = Rewrites(**{field.name: False for field in dataclasses.fields(Rewrites)})
    convolution = ["LibraryConvolution", "Scale", "Rectify"]
    assert names(nothing) == [
        "FrontByConvolution",
        *convolution,
        "Pool",
        *convolution,
        "Pool",
        *convolution * 3,
        "Pool",
        "Flat",
        *["Dense", "Rectify"] * 2,
        "Dense",
    ]


def test_normalisation_is_folded_in_double_precision_and_rounded_once(settled):
    network = settled(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2)))
    exact = network[1](network[0](torch.ones(1, 3, 8, 8, dtype=torch.float64)))
    network.float()
    chain = describe(PrivateCopy(network).network, layer="1").steps[:2]
    (convolution,) = compiled(chain, rewrites=Rewrites())
    found, _ = convolution.forward(torch.ones(1, 3, 8, 8), keep=False)
    torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-6)
