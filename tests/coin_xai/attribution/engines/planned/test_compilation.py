import dataclasses

import torch

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
        "Front",
        *["PolyphaseConvolution", "Scale", "Rectify", "Pool"],
        *["LibraryConvolution", "Scale", "Rectify", "Pool"],
        *["WinogradConvolution", "Scale", "Rectify"] * 3,
        *["Pool", "Flat"],
        *[dense, "Rectify"] * 2,
        dense,
    ]


def test_no_rewrites():
    nothing = Rewrites(**{field.name: False for field in dataclasses.fields(Rewrites)})
    convolution = ["LibraryConvolution", "Scale", "Rectify"]
    assert names(nothing) == [
        "Front",
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
