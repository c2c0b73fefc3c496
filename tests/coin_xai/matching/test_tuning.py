import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coin_xai.matching.tuning import EPOCHS, PAIRS, _contrast, matching_pairs, through, tune

CPU = torch.device("cpu")
KINDS = np.arange(48) % 4


def block():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(6, 12, 1), nn.ReLU(), nn.Conv2d(12, 6, 1)).requires_grad_(False)


@pytest.fixture(scope="module")
def maps():
    """Of four kinds of coins, told apart by one faint channel (48 x 16 x 16 x 6), in two arrays."""
    random = np.random.default_rng(1)
    found = random.normal(size=(48, 16, 16, 6)).astype(np.float16)
    pattern = random.normal(size=(4, 16, 16)).repeat(1, axis=0)
    found[..., 2] += 0.7 * pattern[KINDS]
    found[..., :2] *= 4  # louder, and says nothing
    return [found[:20], found[20:]]


@pytest.fixture(scope="module")
def neighbours():
    """Ten of its own kind for each coin."""
    return np.stack(
        [np.setdiff1d(np.flatnonzero(kind == KINDS), [coin])[:10] for coin, kind in enumerate(KINDS)]
    )


def told_apart(made):
    """How much more alike coins of one kind are than others, by the cosine of their maps."""
    vectors = np.concatenate(made).astype(np.float64)
    vectors -= vectors.mean(axis=(0, 1, 2))
    flat = vectors.reshape(len(vectors), -1)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    likeness, same = flat @ flat.T, KINDS[:, None] == KINDS
    np.fill_diagonal(likeness, np.nan)
    return np.nanmean(likeness[same]) - np.nanmean(likeness[~same])


def tuned(maps, neighbours, seed=3):
    return tune(block(), maps, neighbours, generator=np.random.default_rng(seed), device=CPU)


def test_a_pair_is_two_coins_each_of_which_matches_the_other_best():
    neighbours = np.array([[1, 2], [0, 3], [3, 1], [2, 1]])
    assert matching_pairs(neighbours).tolist() == [[0, 1], [1, 3], [2, 3]]
    far = np.array([[1, 2, 3, 4, 5, 6], *[[0] * 6] * 6])
    assert [0, 6] not in matching_pairs(far).tolist()


def test_the_loss_is_the_cross_entropy_of_the_partner_written_as_loops():
    vectors = F.normalize(torch.randn(6, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64))
    alike = torch.eye(6, dtype=torch.bool)
    alike[0, 1] = alike[1, 0] = alike[0, 3] = alike[3, 0] = True  # 0 and 3 are partners
    expected = []
    for one in range(6):
        partner = (one + 3) % 6
        others = [other for other in range(6) if other == partner or not alike[one, other]]
        likeness = {other: float(torch.exp(vectors[one] @ vectors[other] / 0.1)) for other in others}
        expected.append(-np.log(likeness[partner] / sum(likeness.values())))
    assert _contrast(vectors, alike).item() == pytest.approx(np.mean(expected), rel=1e-12)


def test_what_tells_matching_coins_is_learnt_and_from_wrong_pairs_it_is_not(maps, neighbours, monkeypatch):
    monkeypatch.setattr("coin_xai.matching.tuning.RATE", 0.01)  # so small a network, and few steps
    monkeypatch.setattr("coin_xai.matching.tuning.EPOCHS", 20)
    before = told_apart([through(block(), some, CPU) for some in maps])
    learnt = tuned(maps, neighbours)
    after = told_apart([through(learnt, some, CPU) for some in maps])
    wrong = np.random.default_rng(5).permutation(48)[neighbours]
    misled = told_apart([through(tuned(maps, wrong), some, CPU) for some in maps])
    assert after > 2 * max(before, misled)
    assert not any(weight.requires_grad for weight in learnt.parameters())


def test_the_same_pairs_teach_the_same_and_the_block_itself_stays(maps, neighbours):
    own = block()
    kept = [weight.clone() for weight in own.parameters()]
    told = []
    first = tune(own, maps, neighbours, generator=np.random.default_rng(3), device=CPU, advance=told.append)
    assert sum(told) == EPOCHS * 48
    assert len(told) == EPOCHS * (48 // PAIRS)
    assert all(torch.equal(*pair) for pair in zip(kept, own.parameters(), strict=True))
    for one, again, other in zip(
        *(net.parameters() for net in (first, tuned(maps, neighbours), tuned(maps, neighbours, seed=4))),
        strict=True,
    ):
        assert torch.equal(one, again)
        assert not torch.equal(one, other)


def test_where_no_coins_match_each_other_nothing_is_learnt(maps):
    circle = (np.arange(48)[:, None] + np.arange(1, 6)) % 48
    told = []
    found = tune(block(), maps, circle, generator=np.random.default_rng(3), device=CPU, advance=told.append)
    assert all(torch.equal(*pair) for pair in zip(found.parameters(), block().parameters(), strict=True))
    assert sum(told) == EPOCHS * 48
