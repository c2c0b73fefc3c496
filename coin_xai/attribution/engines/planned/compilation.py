"""Turns a description into operations, by the quickest exact way that the rewrites allow."""

from dataclasses import replace

import torch

from coin_xai.attribution.engines.planned import steps
from coin_xai.attribution.engines.planned.convolution import LibraryConvolution
from coin_xai.attribution.engines.planned.operations import Average, Dense, Flat, Operation, Rectify, Scale
from coin_xai.attribution.engines.planned.packed_linear import PackedDense
from coin_xai.attribution.engines.planned.polyphase import PolyphaseConvolution
from coin_xai.attribution.engines.planned.pooling import Pool, RectifiedPool
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.engines.planned.sobel_shifts import FrontByConvolution, FrontByShifts
from coin_xai.attribution.engines.planned.winograd import WinogradConvolution


def compiled(chain: tuple[steps.Step, ...], *, rewrites: Rewrites) -> tuple[Operation, ...]:
    """Return the operations of a part of a chain; what belongs together must be in the same part."""
    if rewrites.folded_normalisation:
        chain = _folded(chain)
    operations: list[Operation] = []
    for step in chain:
        operation = _operation(step, rewrites)
        if rewrites.pooled_masks and isinstance(operation, Pool) and operations[-1:]:
            rectifier = operations[-1]
            if isinstance(rectifier, Rectify):
                operations[-1:] = [RectifiedPool(operation)]
                continue
        operations.append(operation)
    return tuple(operations)


def _operation(step: steps.Step, rewrites: Rewrites) -> Operation:
    layout = torch.channels_last if rewrites.channels_last else torch.contiguous_format
    match step:
        case steps.SobelFront():
            by_shifts = rewrites.sobel_shifts and FrontByShifts.suits(step)
            front = FrontByShifts if by_shifts else FrontByConvolution
            return front(step, one_channel=rewrites.one_channel)
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


def _folded(chain: tuple[steps.Step, ...]) -> tuple[steps.Step, ...]:
    """Make each batch normalisation part of the convolution before it, in double precision."""
    folded: list[steps.Step] = []
    for step in chain:
        before = folded[-1] if folded else None
        if isinstance(step, steps.Affine) and isinstance(before, steps.Convolution):
            weight = before.weight.double() * step.scale[:, None, None, None]
            bias = step.shift if before.bias is None else before.bias.double() * step.scale + step.shift
            dtype = before.weight.dtype
            folded[-1] = replace(before, weight=weight.to(dtype), bias=bias.to(dtype))
        else:
            folded.append(step)
    return tuple(folded)
