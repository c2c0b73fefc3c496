"""Turns steps into operations, by the quickest exact way that the rewrites allow."""

import torch

from coin_xai.attribution.engines.planned import steps
from coin_xai.attribution.engines.planned.convolution import LibraryConvolution
from coin_xai.attribution.engines.planned.operations import Average, Dense, Flat, Operation, Rectify, Scale
from coin_xai.attribution.engines.planned.packed_linear import PackedDense
from coin_xai.attribution.engines.planned.polyphase import PolyphaseConvolution
from coin_xai.attribution.engines.planned.pooling import Pool
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.engines.planned.sobel_front import Front
from coin_xai.attribution.engines.planned.winograd import WinogradConvolution


def compiled(chain: tuple[steps.Step, ...], *, rewrites: Rewrites) -> tuple[Operation, ...]:
    """Return the operation of each step of a chain."""
    return tuple(_operation(step, rewrites) for step in chain)


def _operation(step: steps.Step, rewrites: Rewrites) -> Operation:
    layout = torch.channels_last if rewrites.channels_last else torch.contiguous_format
    match step:
        case steps.SobelFront():
            return Front(step, one_channel=rewrites.one_channel)
        case steps.Convolution():
            if rewrites.winograd and WinogradConvolution.suits(step):
                return WinogradConvolution(step, layout=layout)
            polyphase = rewrites.polyphase_gradient and PolyphaseConvolution.suits(step)
            return (PolyphaseConvolution if polyphase else LibraryConvolution)(step, layout=layout)
        case steps.Affine():
            return Scale(step)
        case steps.Rectifier():
            return Rectify()
        case steps.MaxPool():
            return Pool(step, layout=layout)
        case steps.AveragePool():
            return Average(step)
        case steps.Flatten():
            return Flat(layout=layout)
        case steps.Linear():
            packed = rewrites.packed_linear and PackedDense.suits(step)
            return PackedDense(step) if packed else Dense(step)
