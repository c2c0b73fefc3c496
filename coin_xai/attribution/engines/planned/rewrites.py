"""Which exact rewrites the planned engine may use: each can be left out, so that its gain can be measured."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rewrites:
    """All are exact in real arithmetic; in floating point they differ by rounding.

    Attributes:
        channels_last: maps are laid out pixel by pixel, which the library's pools need to be quick.
        winograd: convolutions of 3 x 3 over many maps take fewer multiplications, on a processor.
        polyphase_gradient: the gradient of a strided convolution becomes a convolution of stride 1.
        summed_columns: Grad-CAM's mean gradients come from columns of a linear layer summed beforehand.
        cached_deconvnet: DeconvNet's signal through linear layers, the same for all coins of a cluster, is
            kept.
        one_channel: the gradient behind a grey front is computed once, not once for each colour.
        packed_linear: linear layers keep a copy of their weights in the order that the processor likes.
    """

    channels_last: bool = True
    winograd: bool = True
    polyphase_gradient: bool = True
    summed_columns: bool = True
    cached_deconvnet: bool = True
    one_channel: bool = True
    packed_linear: bool = True
