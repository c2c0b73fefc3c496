import weakref

import numpy as np
import pytest
import torch
from PIL import Image

from coin_xai.common.stages import unwatched
from coin_xai.matching import likeness, polar
from coin_xai.matching.candidates import find_candidates
from coin_xai.matching.cut_out import frame_of
from coin_xai.matching.likeness import describe, how_many_stand, match_again_at_any_angle, matching_coins
from coin_xai.matching.views import Turned
from coin_xai.matching.windows import likeness_in
from coin_xai.mint import Issue, mint
from tests.coin_xai.conftest import as_pixels
from tests.stages import Listener

CPU = torch.device("cpu")


def strokes(seed, *, right_px=0, down_px=0, contrast=1.0):
    """A grey picture of 128 x 128 with a dozen strokes, all of them shifted."""
    generator = np.random.default_rng(seed)
    picture = np.full((128, 128), 128.0)
    y, x = np.mgrid[:128, :128]
    for _ in range(12):
        centre, angle = generator.uniform(35, 93, 2), generator.uniform(0, np.pi)
        across = (x - right_px - centre[0]) * np.sin(angle) - (y - down_px - centre[1]) * np.cos(angle)
        along = (x - right_px - centre[0]) * np.cos(angle) + (y - down_px - centre[1]) * np.sin(angle)
        picture[(np.abs(across) < 2) & (np.abs(along) < 14)] = 220
    picture = 128 + contrast * (picture - 128)
    return np.repeat(picture.astype(np.uint8)[..., None], 3, axis=2)


def cells_of(*pictures):
    return describe(as_pixels(pictures), centre_crop=1.0, device=CPU).cells


def test_a_shifted_picture_is_the_best_match():
    shifts = [(0, 0), (12, 0), (0, -12), (-8, 8)]
    pictures = [strokes(seed, right_px=x, down_px=y) for seed in range(5) for x, y in shifts]
    found = matching_coins(cells_of(*pictures), device=CPU, count=3)
    same = np.arange(len(pictures)) // len(shifts)
    assert (same[found] == same[:, None]).mean() > 0.9


def test_parts_that_moved_against_each_other_still_match():
    generator = np.random.default_rng(6)
    coins = [generator.normal(size=(16, 16, 9)) * (generator.random((16, 16, 1)) < 0.15) for _ in range(6)]
    leant = [np.concatenate([np.roll(one[:8], 1, axis=1), np.roll(one[8:], -2, axis=1)]) for one in coins]
    cells = np.stack([*coins, *leant]).astype(np.float32)
    other = (np.arange(12) + 6) % 12
    np.testing.assert_array_equal(matching_coins(cells, device=CPU, count=1)[:, 0], other)
    # The plain likeness of whole coins does not find them.
    flat = cells.reshape(12, -1)
    alike = flat @ flat.T / np.outer(np.linalg.norm(flat, axis=1), np.linalg.norm(flat, axis=1))
    np.fill_diagonal(alike, -1)
    assert (alike.argmax(axis=1) == other).mean() < 0.7


def test_the_better_of_both_ways_counts():
    cells = np.random.default_rng(3).normal(size=(6, 16, 16, 9)).astype(np.float32)
    coins = torch.from_numpy(cells)
    one_way = likeness_in(coins, coins).numpy()
    likeness = np.maximum(one_way, one_way.T)
    np.fill_diagonal(likeness, -np.inf)
    expected = np.argsort(-likeness, axis=1)[:, :5]
    np.testing.assert_array_equal(matching_coins(cells, device=CPU, count=10), expected)
    np.fill_diagonal(one_way, -np.inf)
    assert (np.argsort(-one_way, axis=1)[:, :5] != expected).any()


@pytest.mark.parametrize("spread_deg", [4, 9])
def test_turned_copies_are_turned_back_as_often_as_that_takes(spread_deg, monkeypatch):
    turns = np.random.default_rng(7).normal(0, spread_deg, (2, 14))
    rounds, turns_of = [], likeness._turns

    def counted(*arguments, **options):
        rounds.append(turns_of(*arguments, **options))
        return rounds[-1]

    monkeypatch.setattr(likeness, "_turns", counted)
    copies = [turned(strokes(seed), turn) for seed, some in enumerate(turns) for turn in some]
    listener = Listener()
    describe(as_pixels(copies), centre_crop=1.0, device=CPU, stage=listener.stage)
    left = turns + np.sum(rounds, axis=0).reshape(turns.shape)
    assert (left - left.mean(axis=1, keepdims=True)).std() < 0.4 * spread_deg
    assert len(rounds) == (1 if spread_deg == 4 else 2)
    assert listener.names == ["find coins", "describe coins", "turn coins"]


def test_chunks_of_coins_turned_for_trial_are_held_one_after_the_other():
    """What is kept on the disk need not fit into memory."""
    held, most = weakref.WeakSet(), []

    class Chunks:
        def __iter__(self):
            for seed in range(5):
                generator = np.random.default_rng(seed)
                cells = generator.random((4, 3, 16, 16, 9), np.float32).view(Counted)
                held.add(cells)
                most.append(len(held))
                yield Turned(cells, generator.random((4, 3, 16, 16), np.float32))
                del cells

    assert likeness._turns(Chunks(), 20, device=CPU, stage=unwatched).shape == (20,)
    assert len(most) == 2 * 5
    assert max(most) == 2  # one is made while the one before is looked at


class Counted(np.ndarray):
    """Numbers that are equal to others if they are the same."""

    __hash__ = object.__hash__


def turned(picture, degrees):
    middle = Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(128,) * 3)
    return np.asarray(middle)


def test_what_all_coins_share_is_taken_off():
    """A stroke on every coin says nothing; what is left of the cells are the other strokes."""
    pictures = [strokes(seed) for seed in range(6)]
    for picture in pictures:
        picture[60:68, 20:108] = 255
    cells = cells_of(*pictures)
    assert np.abs(cells.mean(axis=0)).max() < 0.2 * np.abs(cells).max()


def test_drawn_types_are_neighbours_whatever_the_photograph():
    """Type by type: framing, flan, background, light and wear differ from coin to coin."""
    coins = list(mint(Issue(coins=40, types=4, seed=8)))
    kind = np.array([coin.truth.type for coin in coins])
    found = matching_coins(cells_of(*[coin.photograph for coin in coins]), device=CPU, count=5)
    assert (kind[found] == kind[:, None]).mean() > 0.6


def test_a_picture_without_edges_has_empty_cells():
    (cells,) = cells_of(np.full((40, 60, 3), 90, dtype=np.uint8))
    assert not cells.any()


def test_coins_are_compared_in_blocks(monkeypatch):
    cells = np.random.default_rng(4).random((9, 16, 16, 9)).astype(np.float32)
    at_once, told = matching_coins(cells, device=CPU, count=4), []
    monkeypatch.setattr(likeness, "BLOCK", 4)
    np.testing.assert_array_equal(matching_coins(cells, device=CPU, count=4, advance=told.append), at_once)
    assert told == [4, 4, 1]


def test_of_many_coins_each_is_compared_with_candidates_alone(monkeypatch):
    cells = np.random.default_rng(9).normal(size=(30, 16, 16, 9)).astype(np.float32)
    expected, told = matching_coins(cells, device=CPU, count=4), []
    monkeypatch.setattr(likeness, "MOST_COMPARED", 29)
    found = matching_coins(cells, device=CPU, count=4, advance=told.append)
    np.testing.assert_array_equal(found, expected)  # all others are candidates
    assert sum(told) == 30
    monkeypatch.setattr(likeness, "CANDIDATES", 6)
    found = matching_coins(cells, device=CPU, count=4)
    candidates = find_candidates(cells, 6, CPU)
    assert all(np.isin(*rows).all() for rows in zip(found, candidates, strict=True))
    assert (found != expected).any()


def test_few_candidates_are_enough_to_turn_coins_alike(monkeypatch):
    turns = np.random.default_rng(7).normal(0, 4, (2, 14))
    pixels = as_pixels([turned(strokes(seed), turn) for seed, some in enumerate(turns) for turn in some])
    expected = describe(pixels, centre_crop=1.0, device=CPU)
    monkeypatch.setattr(likeness, "ROUGHLY_ALIKE", 11)  # of 27 others, 13 of which are of its kind
    found = describe(pixels, centre_crop=1.0, device=CPU)
    left = turns + np.reshape([frame.turn_deg for frame in found.frames], turns.shape)
    assert (left - left.mean(axis=1, keepdims=True)).std() < 0.4 * 4
    apart = [one.turn_deg - other.turn_deg for one, other in zip(found.frames, expected.frames, strict=True)]
    assert np.abs(apart).max() < 2


@pytest.mark.gpu
def test_a_gpu_finds_the_same_candidates(monkeypatch):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    cells = np.random.default_rng(6).random((600, 16, 16, 9)).astype(np.float32)
    for name in ("MOST_COMPARED", "MOST_COMPARED_ON_GPU"):
        monkeypatch.setattr(likeness, name, 0)
    on_gpu = matching_coins(cells, device=torch.device("cuda"), count=5)
    assert (on_gpu == matching_coins(cells, device=CPU, count=5)).mean() > 0.99


@pytest.mark.gpu
def test_a_gpu_finds_the_same():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    cells = np.random.default_rng(5).random((40, 16, 16, 9)).astype(np.float32)
    on_gpu = matching_coins(cells, device=torch.device("cuda"), count=5)
    assert (on_gpu == matching_coins(cells, device=CPU, count=5)).mean() > 0.99


def test_coins_at_any_angle_are_found_to_lie_so_and_turned_alike(monkeypatch):
    generator = np.random.default_rng(5)
    monkeypatch.setattr(likeness, "how_many_stand", lambda *_: 0.3)
    turns = generator.uniform(0, 360, (2, 10))
    pixels = as_pixels([turned(strokes(seed), turn) for seed, some in enumerate(turns) for turn in some])
    found = describe(pixels, centre_crop=1.0, device=CPU, orientation="auto")
    kind = np.repeat([0, 1], 10)
    assert (kind[found.neighbours[:, :5]] == kind[:, None]).mean() > 0.85  # by chance .47
    assert {(frame.at_any_angle, frame.standing) for frame in found.frames} == {(True, 0.3)}
    stands = turns + np.array([frame.turn_deg for frame in found.frames]).reshape(turns.shape)
    apart = np.abs((stands - stands[:, :1] + 180) % 360 - 180)
    assert np.median(apart) < 8  # turned finely once they are turned roughly
    again = match_again_at_any_angle(pixels, centre_crop=1.0, device=CPU)
    np.testing.assert_array_equal(again, found.neighbours)
    monkeypatch.setattr(likeness, "how_many_stand", lambda *_: 0.7)
    upright = describe(pixels, centre_crop=1.0, device=CPU, orientation="auto")
    assert upright.neighbours is None
    assert {(frame.at_any_angle, frame.standing) for frame in upright.frames} == {(False, 0.7)}


def test_a_sample_says_how_coins_lie(monkeypatch):
    for module in (likeness, polar):
        monkeypatch.setattr(module, "FEWEST_PAIRS", 6)
    generator, kinds = np.random.default_rng(8), np.repeat(np.arange(14), 3)
    shares = []
    for spread in (2, 360):
        pictures = [turned(strokes(kind), generator.uniform(0, spread)) for kind in kinds]
        pixels = as_pixels(pictures)
        frames = [frame_of(pixels[one], centre_crop=1.0) for one in range(len(pixels))]
        shares.append(how_many_stand(pixels, frames))
    assert shares[0] > likeness.UPRIGHT_SHARE > shares[1]


def test_few_coins_are_taken_for_upright():
    pixels = as_pixels([strokes(seed) for seed in range(6)])
    asked = describe(pixels, centre_crop=1.0, device=CPU, orientation="auto")
    assert asked.neighbours is None
    assert {(frame.at_any_angle, frame.standing) for frame in asked.frames} == {(False, None)}
    np.testing.assert_array_equal(asked.cells, describe(pixels, centre_crop=1.0, device=CPU).cells)
