import numpy as np
import pytest
import torch

from coin_xai.common.random_streams import stream
from coin_xai.deepcluster.augmentation import augment
from coin_xai.deepcluster.options import Augmentation, TrainingOptions
from coin_xai.deepcluster.v2.crops import LARGEST_PART, SMALLEST_PART, Passes
from coin_xai.networks import build


def passes(pixels, *, network="alexnet", epoch=3, **options):
    chosen = TrainingOptions(
        **{"k": 3, "network": network, "trainer": "deepcluster-v2", "batch_size": 5, **options}
    )
    drawn = build(
        network,
        k=3,
        generator=torch.Generator().manual_seed(1),
        width=1 / 16 if network == "alexnet" else 1 / 4,
    )
    return Passes(pixels, chosen, drawn, purpose="crops", epoch=epoch)


def everything(made, workers=1):
    batches = list(made.crops(workers=workers))
    return [
        np.concatenate([getattr(one, name) for one in batches]) for name in ("positions", "large", "small")
    ]


@pytest.mark.parametrize(("network", "small_px"), [("alexnet", 224), ("resnet18", 96)])
def test_small_crops_have_the_side_that_the_network_takes(pixels, network, small_px):
    first = next(passes(pixels, network=network, small_crops=3).crops(workers=1))
    assert first.large.shape == (5, 2, 3, 224, 224)
    assert first.small.shape == (5, 3, 3, small_px, small_px)
    assert first.large.dtype == first.small.dtype == np.uint8


def test_there_are_no_small_crops_unless_they_are_asked_for(pixels):
    assert next(passes(pixels).crops(workers=1)).small.shape == (5, 0, 3, 224, 224)


def test_every_photograph_comes_once_a_pass_and_never_twice_in_a_batch(pixels):
    batches = list(passes(pixels, passes=2).crops(workers=1))
    positions = [batch.positions for batch in batches]
    assert [len(each) for each in positions] == [5, 5, 2, 5, 5, 2]
    first, second = np.concatenate(positions[:3]), np.concatenate(positions[3:])
    for one in (first, second):
        np.testing.assert_array_equal(np.sort(one), np.arange(12))
    assert (first != second).any()


def test_each_view_is_one_of_its_own_photograph_with_a_stream_of_its_own(pixels):
    (position, *_), (views, *_), (parts, *_) = everything(passes(pixels, small_crops=1))
    draw = stream(31, "crops", 3, 0, int(position))
    whole, part = Augmentation(), Augmentation(crop_scale_min=SMALLEST_PART)
    expected = [augment(pixels[position], whole, size_px=224, generator=draw) for _ in range(2)]
    np.testing.assert_array_equal(views, expected)
    small = augment(pixels[position], part, size_px=224, generator=draw, largest_crop=LARGEST_PART)
    np.testing.assert_array_equal(parts, [small])
    assert (views[0] != views[1]).any()


def test_threads_change_nothing_and_epochs_everything(pixels):
    one, three = everything(passes(pixels)), everything(passes(pixels), workers=3)
    for mine, theirs in zip(one, three, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert (everything(passes(pixels, epoch=4))[1] != one[1]).any()
