import numpy as np
import pytest

from coin_xai.claims.evidence import Evidence
from coin_xai.claims.resampling import jackknife
from coin_xai.claims.twins import twins_are_split

KIND = np.arange(120) % 4


def asked(evidence, cluster, kind=KIND):
    return evidence(coins={"type": [f"T{one}" for one in kind]}, cluster=cluster, label="type")


def test_types_that_are_clusters_have_no_twins_apart(evidence):
    found = twins_are_split(asked(evidence, KIND))
    assert (found.effect.value, found.verdict) == (0, "no relevant effect")


def test_a_type_that_is_divided_is_found(evidence):
    divided = np.where((KIND == 0) & (np.arange(120) % 8 == 0), 7, KIND)
    divided = np.where((KIND == 1) & (np.arange(120) % 8 == 1), 8, divided)
    found = twins_are_split(asked(evidence, divided))
    assert found.verdict == "supported"
    assert found.effect.value == pytest.approx(2 * 15 * 15 / (4 * 435))
    torn = {name: share.value for name, share in found.series.rows.items()}
    assert list(torn)[2:] == ["T2", "T3"]
    assert torn == pytest.approx({"T0": 15 * 15 / 435, "T1": 15 * 15 / 435, "T2": 0, "T3": 0})
    assert found.controls["any pairs"].value == found.also["of any pairs"]


def test_clusters_that_know_no_types_decide_nothing(evidence):
    found = twins_are_split(asked(evidence, np.random.default_rng(0).permutation(KIND)))
    assert found.verdict == "cannot be decided"


def test_the_interval_is_that_of_leaving_out_one_coin_after_the_other_and_of_pairs(evidence):
    cluster = np.random.default_rng(1).integers(3, size=120)

    def split(rows):
        kinds, own = KIND[rows], cluster[rows]
        alike = np.triu(kinds[:, None] == kinds[None, :], 1)
        return float((own[:, None] != own[None, :])[alike].mean())

    found, theirs = twins_are_split(asked(evidence, cluster)).effect, jackknife(split, 120)
    pairs = 4 * 30 * 29 / 2
    error = np.hypot((theirs.high - theirs.low) / 2 / 1.96, np.sqrt(found.value * (1 - found.value) / pairs))
    assert (found.value, found.low, found.high) == pytest.approx(
        (theirs.value, theirs.value - 1.96 * error, theirs.value + 1.96 * error)
    )


@pytest.mark.parametrize("divided", [0.5, 0.4])
def test_the_interval_holds_the_truth_where_each_type_is_divided(evidence, divided):
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        found = twins_are_split(asked(evidence, KIND + 4 * (generator.random(120) < divided))).effect
        held += found.low <= 2 * divided * (1 - divided) <= found.high
    assert held >= 0.93 * 300


def test_pairs_that_one_of_two_runs_keeps_together_are_not_split_in_every_run(evidence):
    whole = asked(evidence, KIND)
    divided = asked(evidence, np.where((KIND == 0) & (np.arange(120) % 8 == 0), 7, KIND))
    both = Evidence(whole.coins, [divided.runs[0], whole.runs[0]], "cross", whole.sight, "type")
    assert twins_are_split(both).also["split in every run"] == 0
    assert twins_are_split(divided).also["split in every run"] > 0


def test_without_labels_it_is_said_what_is_lacking(evidence):
    assert "--label" in twins_are_split(evidence())


@pytest.mark.parametrize("kinds", [[None] * 120, [f"T{number}" for number in range(120)]])
def test_labels_that_no_two_coins_share_lack_twins(evidence, kinds):
    assert "no two coins" in twins_are_split(evidence(coins={"type": kinds}, label="type"))


def test_pairs_that_no_run_keeps_together_are_counted_without_looking_at_pairs(evidence):
    generator = np.random.default_rng(2)
    clusters = [generator.integers(3, size=120) for _ in range(3)]
    first = asked(evidence, clusters[0])
    several = Evidence(
        first.coins, [asked(evidence, one).runs[0] for one in clusters], "cross", first.sight, "type"
    )
    together = np.any([one[:, None] == one[None, :] for one in clusters], axis=0)
    pairs = np.triu(KIND[:, None] == KIND[None, :], 1)
    assert twins_are_split(several).also["split in every run"] == pytest.approx((~together)[pairs].mean())
