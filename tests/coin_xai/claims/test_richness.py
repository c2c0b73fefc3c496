import numpy as np
import pytest

from coin_xai.claims.richness import AMONG_TYPES, rich_coins_group

RICHNESS = np.arange(120) % 4 + 1.0
GENERATOR = np.random.default_rng(3)


def test_clusters_of_as_rich_coins_are_found(evidence):
    found = rich_coins_group(evidence(coins={"richness": RICHNESS}, cluster=np.arange(120) % 4))
    assert found.verdict == "supported"
    assert {name: mean.value for name, mean in found.series.rows.items()} == {
        "cluster 3": 4,
        "cluster 2": 3,
        "cluster 1": 2,
        "cluster 0": 1,
    }
    chance = found.controls["richness dealt out anew"]
    assert chance.low < chance.value == 0 < chance.high < 0.2


def test_clusters_that_do_not_know_richness_are_not(evidence):
    found = rich_coins_group(evidence(coins={"richness": RICHNESS}, cluster=GENERATOR.permutation(120) % 4))
    assert found.verdict != "supported"
    assert abs(found.effect.value) < 0.1


def test_clusters_that_follow_types_say_nothing_about_richness(evidence):
    cluster = np.arange(120) % 4
    found = rich_coins_group(
        evidence(
            coins={"richness": RICHNESS, "type": [f"T{one}" for one in cluster]},
            cluster=cluster,
            label="type",
        )
    )
    assert found.effect.value > 0.9
    assert found.verdict != "supported"
    control, rest = found.controls[AMONG_TYPES], found.beyond[AMONG_TYPES]
    assert control.value == pytest.approx(found.effect.value - rest.value)
    assert control.low == pytest.approx(found.effect.value - rest.high)
    assert control.low <= found.effect.value <= control.high  # types explain all of it


def test_many_types_of_each_richness_that_share_clusters_do(evidence):
    kind = np.arange(120) % 20
    found = rich_coins_group(
        evidence(
            coins={"richness": kind % 4 + 1.0, "type": [f"T{one}" for one in kind]},
            cluster=kind % 4,
            label="type",
        )
    )
    assert found.verdict == "supported"


def test_words_in_the_cantons_count_where_they_are_given(evidence):
    cluster = np.arange(120) % 4
    named = {f"canton_{number}": np.where(cluster >= number - 1, "pellet", "") for number in (1, 2, 3, 4)}
    found = rich_coins_group(evidence(coins=named, cluster=cluster))
    assert found.verdict == "supported"
    assert "told from the relief" not in found.reason


def test_a_coin_without_a_type_or_a_description_is_left_out(evidence):
    cluster = np.arange(120) % 4
    named = {
        f"canton_{number}": np.where(cluster >= number - 1, "pellet", "").astype(object)
        for number in (1, 2, 3, 4)
    }
    for column in named.values():
        column[:8] = None
    kinds = np.array([f"T{one}" for one in np.arange(120) % 20], dtype=object)
    kinds[5] = None
    found = rich_coins_group(evidence(coins={**named, "type": kinds}, cluster=cluster, label="type"))
    assert found.effect.coins == 112


def test_coins_of_which_nothing_is_known_decide_nothing(evidence):
    found = rich_coins_group(evidence(coins={"richness": np.full(120, np.nan)}))
    assert found.verdict == "cannot be decided"
