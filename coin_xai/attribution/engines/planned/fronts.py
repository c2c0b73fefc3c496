"""Recognises a Sobel front by its structure: one grey channel of three, then derivatives of 3 x 3."""

from collections.abc import Sequence

from torch import Tensor

from coin_xai.attribution.engines.planned.steps import Convolution, SobelFront, Step


def with_front(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Join the first two steps of a chain if they are such a front."""
    front = _front(*steps[:2]) if len(steps) > 1 else None
    return (front, *steps[2:]) if front else tuple(steps)


def _front(grey: Step, derivatives: Step) -> SobelFront | None:
    if not isinstance(grey, Convolution) or not isinstance(derivatives, Convolution):
        return None
    one = (1, 1)
    if (
        grey.weight.shape != (1, 3, 1, 1)
        or (grey.stride, grey.padding) != (one, (0, 0))
        or derivatives.weight.shape[1:] != (1, 3, 3)
        or (derivatives.stride, derivatives.padding, derivatives.dilation) != (one, one, one)
    ):
        return None
    return SobelFront(
        grey=grey.weight[0, :, 0, 0],
        grey_bias=_bias(grey),
        derivatives=derivatives.weight,
        derivatives_bias=_bias(derivatives),
        replicate=derivatives.replicate,
    )


def _bias(step: Convolution) -> Tensor:
    return step.weight.new_zeros(len(step.weight)) if step.bias is None else step.bias
