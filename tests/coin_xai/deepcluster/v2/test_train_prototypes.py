import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.v2.crops import Passes
from coin_xai.deepcluster.v2.embedder import Embedder
from coin_xai.deepcluster.v2.projection import Projection
from coin_xai.deepcluster.v2.prototypes import TEMPERATURE, heads_of_clusters
from coin_xai.deepcluster.v2.schedule import learning_rate
from coin_xai.deepcluster.v2.train_prototypes import fill_bank, learn_prototypes
from coin_xai.errors import OptionError
from coin_xai.networks import build, normalise
from coin_xai.optimisation.eager import SGD

CPU = torch.device("cpu")
SETTINGS = {"k": 3, "trainer": "deepcluster-v2", "batch_size": 5, "learning_rate": 0.0001}


def drawn(name="alexnet"):
    generator = torch.Generator().manual_seed(1)
    network = build(name, k=3, generator=generator, width=1 / 16 if name == "alexnet" else 1 / 4)
    projection = Projection(network.head.in_features, generator=generator)
    return Embedder(network, projection, precision="float32")


def optimiser_of(embedder, options):
    return SGD(
        embedder.parameters_that_learn(), lr=1.0, momentum=options.momentum, weight_decay=options.weight_decay
    )


def heads(embedder, options):
    clusters = [np.arange(12) % 3, np.arange(12) % 6]
    dimensions = embedder.projection.linear.out_features
    return heads_of_clusters(clusters, options, dimensions=dimensions, device=CPU)


def empty_bank(embedder):
    return torch.zeros(2, 12, embedder.projection.linear.out_features)


def teach(pixels, *, network="alexnet", epoch=4, **options):
    chosen, embedder = TrainingOptions(**{**SETTINGS, **options}), drawn(network)
    bank, seen = empty_bank(embedder), []
    learnt = learn_prototypes(
        embedder,
        optimiser_of(embedder, chosen),
        pixels,
        heads(embedder, chosen),
        bank,
        chosen,
        epoch=epoch,
        advance=seen.append,
    )
    assert sum(seen) == chosen.passes * 12
    return embedder, bank, learnt


@pytest.mark.parametrize("network", ["alexnet", "resnet18"])
def test_equals_a_plain_loop_whose_embeddings_are_the_entries_of_the_bank(pixels, network):
    options = TrainingOptions(**SETTINGS, small_crops=1)
    embedder, bank, learnt = teach(pixels, network=network, small_crops=1)

    plain = drawn(network).train()
    for part in plain.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    optimiser, taught = optimiser_of(plain, options), heads(plain, options)
    expected, losses = empty_bank(plain), []
    passes = Passes(pixels, options, plain.network, purpose="crops", epoch=4)
    for number, crops in enumerate(passes.crops(workers=1)):
        n = len(crops.positions)
        large = [normalise(torch.from_numpy(crops.large[:, view].copy())) for view in range(2)]
        small = normalise(torch.from_numpy(crops.small[:, 0].copy()))
        # Coin by coin, as batch normalisation must see them together.
        both = torch.stack(large, dim=1).flatten(0, 1)
        features = torch.cat([plain.network.penultimate(both), plain.network.penultimate(small)])
        features = plain.network.rectifier(features)
        centred = features - features.mean(dim=0)
        scaled = centred / (features.var(dim=0, unbiased=False) + 1e-5).sqrt()
        embeddings = F.normalize(scaled @ plain.projection.linear.weight.T, dim=1)
        for row, position in enumerate(crops.positions):
            for view in range(2):
                expected[view, position] = embeddings[2 * row + view].detach()
        loss = 0
        coins = np.concatenate([np.repeat(crops.positions, 2), crops.positions])
        for head in taught:
            logits = embeddings @ head.prototypes.T / TEMPERATURE
            loss = loss + F.cross_entropy(logits, torch.from_numpy(head.cluster[coins])) / len(taught)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(4 + number / len(passes), options)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses += [loss.item()] * n
    assert learnt.loss == pytest.approx(np.mean(losses), rel=1e-3)
    torch.testing.assert_close(bank, expected, rtol=1e-3, atol=1e-3)
    mine, theirs = embedder.network.state_dict(), plain.network.state_dict()
    for name, tensor in mine.items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-3, atol=1e-4, msg=name)
    torch.testing.assert_close(
        embedder.projection.linear.weight, plain.projection.linear.weight, rtol=1e-3, atol=1e-4
    )


def test_the_bank_holds_what_the_last_pass_returned(pixels):
    _, once, _ = teach(pixels)
    _, twice, learnt = teach(pixels, passes=2)
    torch.testing.assert_close(twice.norm(dim=2), torch.ones(2, 12))
    assert not torch.allclose(once, twice)
    assert 0 <= learnt.accuracy <= 1


def test_prototypes_and_head_do_not_move(pixels):
    embedder, _, _ = teach(pixels)
    assert torch.equal(embedder.network.head.weight, drawn().network.head.weight)


def test_a_bank_is_filled_without_learning_and_dropout(pixels):
    embedder, options = drawn(), TrainingOptions(**SETTINGS, small_crops=2, passes=3)
    before = {name: it.clone() for name, it in embedder.named_parameters()}
    bank, again, seen = empty_bank(embedder), empty_bank(embedder), []
    fill_bank(embedder, pixels, bank, options, advance=seen.append)
    assert sum(seen) == 12
    assert all(torch.equal(it, before[name]) for name, it in embedder.named_parameters())
    torch.testing.assert_close(bank.norm(dim=2), torch.ones(2, 12))
    other = drawn()
    torch.manual_seed(5)  # dropout would ask for it
    fill_bank(other, pixels, again, options, advance=lambda _: None, workers=3)
    assert torch.equal(bank, again)


# Weights grow tenfold with every step: a few dozen steps are enough.
AWAY = {"learning_rate": 10, "momentum": 0.99, "weight_decay": 1, "batch_size": 2}


def test_divergence_is_an_error_that_says_what_to_do(pixels):
    with pytest.raises(OptionError, match=r"diverged in epoch 9 .* smaller learning rate than 10"):
        teach(pixels, epoch=9, **AWAY, passes=6, small_crops=0)
