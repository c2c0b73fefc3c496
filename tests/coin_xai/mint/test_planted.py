from collections import Counter

import numpy as np
import pytest

from coin_xai.mint.planted import MUDDLED, PLANTINGS, plant


def drawn(planting, coins=12):
    return list(plant(planting, coins=coins, seed=3, size_px=96))


def on_arms(planted):
    return [stamp for stamp in planted.coin.plan.die.stamps if not stamp.canton]


def long_axis(stamp):
    """Return along which bar a stamp lies: 0 the horizontal one, 1 the vertical one."""
    return int(np.argmax(np.abs(stamp.centre)))


def words_of(planted):
    return planted.coin.plan.die.coin_type.cantons


@pytest.mark.parametrize("planting", PLANTINGS)
def test_every_issue_has_clusters_and_is_the_same_again(planting):
    first, again = drawn(planting, 8), drawn(planting, 8)
    assert len({one.cluster for one in first}) > 1
    assert [one.cluster for one in first] == [one.cluster for one in again]
    assert all(
        (one.coin.photograph == other.coin.photograph).all() for one, other in zip(first, again, strict=True)
    )


def test_the_arms_of_the_cross_tell_its_clusters_apart_and_the_cantons_do_not():
    plans = {one.cluster: one.coin for one in drawn("cross", 24)}
    assert sorted(plans) == [0, 1, 2, 3]
    formulas = {one.coin.truth.canton_3: one.cluster for one in drawn("cross", 24)}
    assert {"", "axe", "annulet"} == {*formulas}
    for canton in ("", "axe"):
        clusters = {one.cluster for one in drawn("cross", 24) if one.coin.truth.canton_3 == canton}
        assert clusters == set(range(4))


@pytest.mark.parametrize(("planting", "own"), [("horizontal bar", 0), ("vertical bar", 1)])
def test_only_what_stands_on_one_bar_tells_the_clusters_of_a_bar_apart(planting, own):
    found = drawn(planting)
    on_bar = [
        {(one.cluster, *(stamp.word for stamp in on_arms(one) if long_axis(stamp) == axis)) for one in found}
        for axis in (0, 1)
    ]
    assert len(on_bar[own]) == len({tuple(words) for _, *words in on_bar[own]}) == 3
    assert {tuple(words) for _, *words in on_bar[1 - own]} == {("pellet", "pellet")}


def test_an_axe_in_canton_3_is_the_whole_difference():
    assert {(one.cluster, one.coin.truth.canton_3) for one in drawn("axe")} == {(0, "axe"), (1, "")}


def test_the_axe_tells_only_coins_that_the_bar_does_not_tell():
    kinds = Counter()
    for one in drawn("bar and axe", 24):
        sides = {int(np.sign(stamp.centre[0])) for stamp in on_arms(one) if long_axis(stamp) == 0}
        kinds[one.cluster, sum(sides), one.coin.truth.canton_3 == "axe"] += 1
    right_and_left = {(1, 1): (7, 2), (0, -1): (2, 7)}
    for (cluster, side), (with_axe, without) in right_and_left.items():
        assert (kinds[cluster, side, True], kinds[cluster, side, False]) == (with_axe, without)
    assert (kinds[1, 0, True], kinds[0, 0, False]) == (3, 3)
    assert kinds.total() == 18 + 6


def muddled(planting, coins=160):
    """Return the wear of coins, and whether each lies in the cluster of its type (one may by chance)."""
    found = drawn(planting, coins)
    own = [one.cluster == int(one.coin.truth.type[1:]) - 1 for one in found]
    return np.array([one.coin.truth.wear for one in found]), np.array(own)


def test_worn_coins_lie_anywhere_and_fresh_ones_with_their_type():
    wear, own = muddled("wear")
    assert own[wear < 0.3].mean() > 0.8
    assert own[wear > 0.6].mean() < 0.65


def test_chance_mixes_coins_whatever_their_wear():
    wear, own = muddled("chance")
    expected = 1 - 0.75 * MUDDLED  # a quarter of those that are dealt anew lie where they belong
    # Of 80 coins, a share is off by more than .17 once in a thousand times.
    assert own[wear < 0.425].mean() == pytest.approx(expected, abs=0.17)
    assert own[wear > 0.425].mean() == pytest.approx(expected, abs=0.17)


def test_the_background_is_that_of_the_collection_and_the_type_is_one():
    found = drawn("background")
    assert {one.coin.truth.type for one in found} == {"T01"}
    assert len({(one.cluster, one.coin.truth.collection) for one in found}) == 2


def test_rich_and_poor_types_share_clusters_by_how_much_is_on_them():
    found = drawn("richness", 16)
    assert all(one.cluster == one.coin.truth.symbols - 1 for one in found)
    assert len({one.coin.truth.type for one in found}) > len({one.cluster for one in found})


def test_two_types_of_twins_lie_in_two_clusters_each():
    found = drawn("twins", 40)
    clusters = {name: set() for name in ("T01", "T02", "T03", "T04")}
    for one in found:
        clusters[one.coin.truth.type].add(one.cluster)
    assert [len(own) for own in clusters.values()] == [2, 2, 1, 1]
    assert not set.intersection(clusters["T01"], clusters["T02"])
