"""Layers for whom a batch is the whole batch, also where several processes have a part of it each.

Normalised by the statistics of its part, or with masks of its own, a network would learn something else on
two processes than on one.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.optimisation.ranks import Ranks


def see_whole_batches(network: nn.Module, ranks: Ranks, *, device: torch.device) -> None:
    """Replace the layers of a fresh network that look at a batch or draw for it; names and weights stay.

    Args:
        network: changed in place.
        ranks: the processes that train it.
        device: where it will learn. PyTorch's own synchronised batch normalisation is for GPUs alone.
    """
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
    for parent in list(network.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.BatchNorm2d):
                whole = WholeBatchNorm(layer.num_features, eps=layer.eps, momentum=layer.momentum)
                whole.load_state_dict(layer.state_dict())
                setattr(parent, name, whole)
            elif isinstance(layer, nn.Dropout):
                setattr(parent, name, WholeBatchDropout(layer.p, ranks))


class WholeBatchNorm(nn.BatchNorm2d):
    """Batch normalisation by mean and variance of the maps that all processes have."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return the normalised maps (n x C x H x W; a process may have none of them)."""
        if not self.training:
            return super().forward(maps)
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        axes = (0, 2, 3)
        number = maps.new_tensor([maps.numel() // maps.shape[1]], dtype=torch.float64)
        sums = _sum_of_all(torch.cat([maps.sum(axes).double(), number]))
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = maps - mean.to(maps.dtype)[:, None, None]
        variance = _sum_of_all(centred.square().sum(axes).double()) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            unbiased = variance * count / (count - 1)
            self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt().to(maps.dtype)
        return torch.addcmul(self.bias[:, None, None], centred, scale[:, None, None])


class WholeBatchDropout(nn.Dropout):
    """Dropout that draws for the whole batch and keeps what falls on this process's part of it."""

    def __init__(self, p: float, ranks: Ranks) -> None:
        """Drop this share of the features; the generators of all processes are in the same state."""
        super().__init__(p)
        self.ranks = ranks

    def forward(self, features: Tensor) -> Tensor:
        """Return the features (n x d) with some of them zero and the others larger."""
        if not self.training:
            return features
        drawn = F.dropout(features.new_ones(self.ranks.batch, features.shape[1]), self.p)
        return features * drawn[self.ranks.part(self.ranks.batch)]


class _SumOfAll(torch.autograd.Function):
    """The sum over processes: what one of them gets of it moves the loss of each."""

    @staticmethod
    def forward(_ctx: Any, tensor: Tensor) -> Tensor:
        return _summed(tensor)

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> Tensor:
        return _summed(gradient)


def _sum_of_all(tensor: Tensor) -> Tensor:
    summed: Tensor = _SumOfAll.apply(tensor)
    return summed


def _summed(tensor: Tensor) -> Tensor:
    copy = tensor.clone(memory_format=torch.contiguous_format)
    torch.distributed.all_reduce(copy)
    return copy
