import torch
from torchvision.transforms.v2 import functional as transforms

from coin_xai.networks import normalise
from coin_xai.networks.normalisation import MEAN, STD


def test_equals_torchvision():
    pixels = torch.randint(0, 256, (2, 3, 5, 7), dtype=torch.uint8)
    expected = transforms.normalize(transforms.to_dtype(pixels, torch.float32, scale=True), MEAN, STD)
    torch.testing.assert_close(normalise(pixels), expected)
