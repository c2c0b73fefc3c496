import pytest

from storage.legacy.architecture import Architecture, recognise
from storage.legacy.errors import LegacyError


def shapes(convolutions, *, channels=2, units=4096, k=10, **more):
    named = {f"features.{number}.weight": (64, 64, 3, 3) for number in convolutions}
    named["features.0.weight"] = (64, channels, 11, 11)
    # Batch normalisation has weights of one dimension beside each convolution.
    named |= {f"features.{number + 1}.weight": (64,) for number in convolutions}
    return {**named, "head.weight": (k, units), **more}


ALEXNET = (0, 4, 8, 11, 14)
VGG16 = (0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (shapes(ALEXNET), Architecture("alexnet", 1.0, True, 10)),
        (shapes(ALEXNET, channels=3, k=10_000), Architecture("alexnet", 1.0, False, 10_000)),
        (shapes(VGG16), Architecture("vgg16", 1.0, True, 10)),
        (shapes(VGG16, channels=3, units=256), Architecture("vgg16", 1 / 16, False, 10)),
    ],
)
def test_network_width_and_front_follow_from_shapes(given, expected):
    assert recognise(given) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "rule 'AlexNet or VGG-16': its convolutions are the features none"),
        (
            shapes((0, 3, 6, 8, 10)),
            "its convolutions are the features 0, 3, 6, 8, 10, and those of DeepCluster",
        ),
        (shapes(ALEXNET, channels=1), "rule 'Sobel or colours': its first convolution takes 1 channels"),
        (shapes(ALEXNET, **{"head.weight": (10,)}), "rule 'a head': it has no top_layer"),
        (shapes(ALEXNET, k=0), "rule 'a head'"),
    ],
)
def test_other_networks_are_refused_with_the_rule(given, message):
    with pytest.raises(LegacyError, match=message):
        recognise(given)
