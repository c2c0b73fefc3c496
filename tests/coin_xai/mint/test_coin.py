import dataclasses

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from coin_xai.mint import Issue, draw_coin, mint
from coin_xai.mint.coin import strike
from coin_xai.mint.die import regions
from coin_xai.mint.plan import plan_coin

ISSUE = Issue(coins=24, types=8, seed=5, size_px=160, collections=4, wear_highest=0.4)


@pytest.fixture(scope="module")
def coins():
    return list(mint(ISSUE))


def _grey(coin):
    return coin.photograph.mean(axis=2)


def _energy(grey):
    down, right = np.gradient(gaussian_filter(grey, 1.0))
    return np.hypot(down, right)


def test_a_coin_is_the_same_alone_in_another_order_and_in_a_larger_issue(coins):
    larger = dataclasses.replace(ISSUE, coins=4000)
    for number in (17, 3):
        alone = draw_coin(larger, number)
        assert alone.photograph.tobytes() == coins[number - 1].photograph.tobytes()
        assert alone.truth == coins[number - 1].truth


def test_another_seed_and_another_number_are_other_coins(coins):
    other = draw_coin(dataclasses.replace(ISSUE, seed=6), 1)
    assert other.photograph.tobytes() != coins[0].photograph.tobytes()
    assert len({coin.photograph.tobytes() for coin in coins}) == len(coins)


def test_photographs_are_eight_bit_colour_and_well_exposed(coins):
    for coin in coins:
        assert coin.photograph.dtype == np.uint8
        assert coin.photograph.shape == (coin.truth.height_px, coin.truth.width_px, 3)
        on_coin = _grey(coin)[coin.masks()["flan"]]
        assert 25 < on_coin.mean() < 225
        assert on_coin.std() > 8


def test_masks_share_the_frame(coins):
    for coin in coins:
        masks = coin.masks()
        assert all(m.dtype == bool and m.shape == coin.photograph.shape[:2] for m in masks.values())
        assert (masks["flan"] ^ masks["background"]).all()
        for name, mask in masks.items():
            assert name == "background" or (mask <= masks["flan"]).all(), name
        cantons = sum(masks[f"canton_{k}"].astype(int) for k in (1, 2, 3, 4))
        assert cantons.max() == 1
        assert not (cantons.astype(bool) & (masks["bar_horizontal"] | masks["bar_vertical"])).any()
        assert 0.25 < masks["flan"].mean() < 0.85


def test_flan_differs_from_background(coins):
    for coin in coins:
        masks = coin.masks()
        if coin.truth.background in ("white paper", "black velvet"):
            on_coin, off_coin = (np.median(_grey(coin)[masks[name]]) for name in ("flan", "background"))
            assert (on_coin > off_coin) == (coin.truth.background == "black velvet")
            assert abs(on_coin - off_coin) > 10


@pytest.mark.parametrize("number", range(1, 9))
def test_a_symbol_adds_relief_in_its_own_canton_only(number):
    plan = plan_coin(ISSUE, number)
    full = strike(plan)
    stamp = next(s for s in plan.die.stamps if getattr(full.truth, f"symbol_{s.canton}_visible") > 0.6)
    others = tuple(s for s in plan.die.stamps if s is not stamp)
    empty = strike(dataclasses.replace(plan, die=dataclasses.replace(plan.die, stamps=others)))
    masks = full.masks()
    assert not empty.masks()[f"symbol_{stamp.canton}"].any()
    symbol = masks[f"symbol_{stamp.canton}"]
    assert _energy(_grey(full))[symbol].mean() > 1.15 * _energy(_grey(empty))[symbol].mean()
    difference = np.abs(_grey(full) - _grey(empty))
    for canton in {1, 2, 3, 4} - {stamp.canton}:
        assert difference[masks[f"canton_{canton}"]].mean() < 0.15 * difference[symbol].mean()


def test_bars_lie_where_the_truths_say(coins):
    for coin in coins:
        truth, masks = coin.truth, coin.masks()
        y, x = np.nonzero(masks["bar_horizontal"] & masks["bar_vertical"])
        assert (x.mean() + 0.5) / truth.width_px == pytest.approx(truth.centre_x, abs=0.015)
        assert (y.mean() + 0.5) / truth.height_px == pytest.approx(truth.centre_y, abs=0.015)
        y, x = np.nonzero(masks["bar_horizontal"])
        tilt = np.rad2deg(np.arctan(-np.polyfit(x, y, 1)[0]))
        assert tilt == pytest.approx(truth.rotation_deg, abs=4)


def test_the_turn_that_fits_the_picture_best_is_the_true_one():
    """Turned bars, laid over the picture's gradients, fit best near the true angle."""
    errors = []
    for number in range(1, 13):
        plan = plan_coin(dataclasses.replace(ISSUE, wear_highest=0.1, rotation_spread_deg=8.0), number)
        energy = _energy(_grey(strike(plan)))
        height, width = energy.shape
        x = (np.arange(width, dtype=np.float32) + 0.5 - plan.shot.centre_px[0]) / plan.shot.radius_px
        y = (np.arange(height, dtype=np.float32) + 0.5 - plan.shot.centre_px[1]) / plan.shot.radius_px
        inner = plan.flan.depth(x[None, :], y[:, None]) > 0.15
        scores = {}
        for turn in range(-12, 13, 2):
            flan = dataclasses.replace(plan.flan, rotation_deg=plan.flan.rotation_deg + turn)
            bare = dataclasses.replace(plan.die, stamps=())
            parts = regions(bare, *flan.to_die(x[None, :], y[:, None]))
            cross = (parts["bar_horizontal"] | parts["bar_vertical"]) & inner
            scores[turn] = energy[cross].mean()
        errors.append(max(scores, key=scores.__getitem__))
    assert np.median(np.abs(errors)) <= 2


def test_turning_the_lamp_turns_the_shading():
    flips = []
    for number in range(1, 13):
        plan = plan_coin(dataclasses.replace(ISSUE, wear_highest=0.1), number)
        turned = dataclasses.replace(plan.shot.light, angle_deg=(plan.shot.light.angle_deg + 180) % 360)
        there = _grey(strike(plan))
        back = _grey(strike(dataclasses.replace(plan, shot=dataclasses.replace(plan.shot, light=turned))))
        cross = strike(plan).masks()
        bars = cross["bar_horizontal"] | cross["bar_vertical"]
        # The difference of both pictures is bright where the bars face the first lamp: on that side of them.
        inside = gaussian_filter(bars.astype(float), 2.0)
        down, right = np.gradient(inside)
        angle = np.deg2rad(plan.shot.light.angle_deg)
        facing = -(right * np.cos(angle) - down * np.sin(angle))
        edge = np.hypot(right, down) > 0.05
        flips.append(
            (np.corrcoef(facing[edge], there[edge])[0, 1], np.corrcoef(facing[edge], back[edge])[0, 1])
        )
    first, second = np.array(flips).T
    assert (first > 0).mean() > 0.8
    assert (second < 0).mean() > 0.8


def test_wear_lowers_local_contrast_on_the_design():
    contrast = []
    for wear in (0.0, 0.3, 0.6, 0.9):
        energies = []
        for number in range(1, 9):
            plan = plan_coin(ISSUE, number)
            coin = strike(
                dataclasses.replace(plan, surface=dataclasses.replace(plan.surface, wear=wear, corrosion=0.1))
            )
            masks = coin.masks()
            energies.append(_energy(_grey(coin))[masks["bar_horizontal"] | masks["bar_vertical"]].mean())
        contrast.append(np.mean(energies))
    assert (np.diff(contrast) < 0).all()
    assert contrast[-1] < 0.7 * contrast[0]


def test_size_scales_the_picture_not_the_coin():
    small = draw_coin(ISSUE, 2).truth
    large = draw_coin(dataclasses.replace(ISSUE, size_px=320), 2)
    assert max(large.photograph.shape) == 320
    for name in ("centre_x", "centre_y", "die_radius", "flan_radius", "rotation_deg", "completeness"):
        assert getattr(large.truth, name) == pytest.approx(getattr(small, name), abs=0.01)
