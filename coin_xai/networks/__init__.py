"""The networks that DeepCluster can train: one file each, and one function to build any by name."""

from typing import TYPE_CHECKING

from coin_xai.common.lazy import lazily
from coin_xai.networks.names import ALIGNED, POOLING, NetworkName, SobelPadding

if TYPE_CHECKING:
    from coin_xai.networks.alexnet import AlexNet
    from coin_xai.networks.factory import build
    from coin_xai.networks.gridnet import GridNet
    from coin_xai.networks.network import Network, initialise
    from coin_xai.networks.normalisation import normalise
    from coin_xai.networks.resnet import ResNet
    from coin_xai.networks.sobel import Sobel
    from coin_xai.networks.vgg import VGG16

__all__ = [
    "ALIGNED",
    "POOLING",
    "VGG16",
    "AlexNet",
    "GridNet",
    "Network",
    "NetworkName",
    "ResNet",
    "Sobel",
    "SobelPadding",
    "build",
    "initialise",
    "normalise",
]

__getattr__ = lazily(
    __name__,
    {
        "AlexNet": "alexnet",
        "GridNet": "gridnet",
        "Network": "network",
        "ResNet": "resnet",
        "Sobel": "sobel",
        "VGG16": "vgg",
        "build": "factory",
        "initialise": "network",
        "normalise": "normalisation",
    },
)
