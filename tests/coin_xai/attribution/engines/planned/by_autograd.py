"""What PyTorch makes of a convolution, for those that go other ways to compare with."""

import torch
from torch.nn import functional as F


def there_and_back(step, signal):
    """Return the convolved signal, some gradient there, and what becomes of it on the way back."""
    signal = signal.clone().requires_grad_()
    found = F.conv2d(signal, step.weight, step.bias, step.stride, step.padding, step.dilation, step.groups)
    gradient = torch.randn_like(found)
    (back,) = torch.autograd.grad(found, signal, gradient)
    return found.detach(), gradient, back
