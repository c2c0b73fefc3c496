"""Full single precision: no shortened mantissas, which graphics cards and some processors offer for speed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """Compute in what the tensors say for a while, then as before, also after an exception.

    TF32 keeps 10 bits of each factor, which is a relative error of 1e-3; cuDNN uses it unless told otherwise.
    """
    matmul, convolution = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(matmul)
        torch.backends.cudnn.allow_tf32 = convolution
