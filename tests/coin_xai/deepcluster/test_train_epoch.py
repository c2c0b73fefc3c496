import numpy as np
import pytest
import torch
from torch.nn import functional as F

from coin_xai.common.random_streams import integer, stream
from coin_xai.deepcluster.augmentation import augment
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.sampling import sample_uniformly_over_clusters
from coin_xai.deepcluster.train_epoch import batches, train_epoch
from coin_xai.errors import OptionError
from coin_xai.networks import build, normalise

CPU = torch.device("cpu")
CLASS_INDEX = np.arange(12) % 3


def draw():
    return build("alexnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 16)


def optimiser_of(network, options):
    return torch.optim.SGD(
        network.backbone(),
        lr=options.learning_rate,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
    )


def teach(pixels, options, *, workers=1, epoch=4):
    network = draw()
    torch.manual_seed(9)
    learnt = train_epoch(
        network,
        optimiser_of(network, options),
        pixels,
        CLASS_INDEX,
        options,
        epoch=epoch,
        device=CPU,
        advance=lambda _: None,
        workers=workers,
    )
    return network, learnt


def test_equals_a_plain_loop_with_two_optimisers(pixels):
    options = TrainingOptions(k=3, batch_size=5, passes=2)
    network, learnt = teach(pixels, options)

    plain = draw().train()
    backbone = optimiser_of(plain, options)
    head = torch.optim.SGD(plain.head.parameters(), lr=0.01, weight_decay=1e-5)
    order = sample_uniformly_over_clusters(CLASS_INDEX, 24, generator=stream(31, "sampling", 4))
    losses = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(integer(stream(31, "dropout", 4)))
        for start in range(0, 24, 5):
            views = [
                augment(
                    pixels[order[number]],
                    options.augmentation,
                    size_px=224,
                    generator=stream(31, "augmentation", 4, number),
                )
                for number in range(start, min(start + 5, 24))
            ]
            target = torch.from_numpy(CLASS_INDEX[order[start : start + 5]])
            loss = F.cross_entropy(plain(normalise(torch.from_numpy(np.stack(views)))), target)
            for optimiser in (backbone, head):
                optimiser.zero_grad()
            loss.backward()
            for optimiser in (backbone, head):
                optimiser.step()
            losses += [loss.item()] * len(target)
    assert learnt.loss == pytest.approx(np.mean(losses), rel=1e-6)
    for mine, theirs in zip(network.state_dict().values(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)


def test_the_number_of_helping_threads_changes_nothing(pixels):
    options = TrainingOptions(k=3, batch_size=4)
    one, three = (teach(pixels, options, workers=workers)[0] for workers in (1, 3))
    for mine, theirs in zip(one.state_dict().values(), three.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)


def test_the_random_numbers_of_the_caller_are_left_alone(pixels):
    teach(pixels, TrainingOptions(k=3, batch_size=4))  # seeds with 9 before it learns
    expected = torch.rand(3, generator=torch.Generator().manual_seed(9))
    assert torch.equal(torch.rand(3), expected)


def test_divergence_is_an_error_that_says_what_to_do(pixels):
    # Weights grow tenfold with every step: a few dozen steps are enough.
    away = TrainingOptions(k=3, batch_size=2, learning_rate=10, momentum=0.99, weight_decay=1, passes=6)
    with pytest.raises(OptionError, match=r"diverged in epoch 4 .* smaller learning rate than 10"):
        teach(pixels, away)


@pytest.mark.parametrize(
    ("n_photographs", "size", "lengths"),
    [(10, 5, [5, 5]), (12, 5, [5, 5, 2]), (11, 5, [5, 6]), (3, 5, [3]), (1, 5, [1]), (3, 2, [3])],
)
def test_batches_hold_every_number_once_and_none_is_left_alone(n_photographs, size, lengths):
    found = batches(n_photographs, size)
    assert [len(batch) for batch in found] == lengths
    assert np.concatenate(found).tolist() == list(range(n_photographs))
