import dataclasses

import numpy as np
import pytest

from coin_xai.claims.cross import cross_is_global, horizontal_bar_dominates

CLAIMS = {
    cross_is_global: ("cross", "diagonal"),
    horizontal_bar_dominates: ("horizontal bar", "vertical bar"),
}


@pytest.fixture(params=CLAIMS)
def claim(request):
    return request.param


def test_hiding_and_heat_together_support_a_claim(evidence, claim):
    part, _ = CLAIMS[claim]
    found = claim(evidence(heat={part: 0.8}, cost={part: 0.5}))
    assert found.verdict == "supported"
    assert found.effect.value == pytest.approx(0.5, abs=0.05)
    assert found.beyond["shuffled"].value == pytest.approx(0.5, abs=0.05)


def test_without_any_difference_there_is_no_effect(evidence, claim):
    assert claim(evidence()).verdict == "no relevant effect"


def test_the_opposite_refutes(evidence, claim):
    _, other = CLAIMS[claim]
    assert claim(evidence(heat={other: 0.8}, cost={other: 0.5})).verdict == "refuted"


def test_what_shuffled_clusters_show_as_well_is_no_evidence(evidence, claim):
    part, _ = CLAIMS[claim]
    found = claim(evidence(heat={part: 0.8}, cost={part: 0.5}, controls={"shuffled": {part: 0.5}}))
    assert (found.verdict, found.reason) == (
        "no relevant effect",
        "a network taught shuffled clusters shows as much",
    )


def test_what_an_untrained_network_shows_as_well_is_said(evidence, claim):
    part, _ = CLAIMS[claim]
    found = claim(evidence(heat={part: 0.8}, cost={part: 0.5}, controls={"untrained": {part: 0.5}}))
    assert found.verdict == "supported"
    assert "learnt nothing" in found.reason


def test_a_cost_that_heat_contradicts_decides_nothing(evidence, claim):
    part, other = CLAIMS[claim]
    found = claim(evidence(cost={part: 0.5}, heat={other: 0.3}))
    assert (found.verdict, "heat surely lies" in found.reason) == ("cannot be decided", True)


def test_heat_that_says_nothing_contradicts_nothing(evidence, claim):
    part, _ = CLAIMS[claim]
    assert claim(evidence(cost={part: 0.5})).verdict == "supported"


def test_costs_are_shares_of_the_lead_whatever_the_scale_of_the_logits(evidence, claim):
    part, _ = CLAIMS[claim]
    found = evidence(heat={part: 0.8}, cost={part: 0.5})
    measured = found.runs[0].measured
    leads = [name for name in measured if name.startswith("lead")]
    scaled = measured.assign(**{name: 7 * measured[name] for name in leads})
    again = dataclasses.replace(found, runs=[dataclasses.replace(found.runs[0], measured=scaled)])
    assert claim(again).effect.value == pytest.approx(claim(found).effect.value)


def test_a_cross_that_counts_in_one_cluster_of_four_is_not_global(evidence):
    cluster = np.arange(120) % 4
    found = cross_is_global(
        evidence(heat={"cross": 0.8}, cost={"cross": np.where(cluster == 0, 2.0, 0.0)}, cluster=cluster)
    )
    assert found.effect.low > found.margin
    assert found.verdict == "cannot be decided"
    assert "of the clusters" in found.reason


def test_the_deciding_coins_are_those_that_show_it_most(evidence):
    cost = np.zeros(120)
    cost[17] = 5
    assert cross_is_global(evidence(cost={"cross": cost})).deciding[0] == "coin 17"


def test_a_network_that_reads_places_is_said_to(evidence):
    found = horizontal_bar_dominates(evidence(heat={"horizontal bar": 0.8}, cost={"horizontal bar": 0.5}))
    assert "as the coins lie" in found.reason


def test_controls_are_measured_by_themselves_and_clusters_come_by_what_they_show(evidence, claim):
    part, _ = CLAIMS[claim]
    cluster = np.arange(120) % 4
    cluster[:5] = 9  # too few to say anything
    found = claim(
        evidence(
            cost={part: np.where(cluster == 2, 0.8, 0.3)},
            controls={"shuffled": {part: 0.1}},
            cluster=cluster,
        )
    )
    assert found.controls["shuffled"].value == pytest.approx(0.1, abs=0.05)
    assert found.controls["untrained"].value == pytest.approx(0, abs=0.05)
    assert found.controls["shuffled"].low < found.controls["shuffled"].value < found.controls["shuffled"].high
    names = list(found.series.rows)
    assert (names[0], sorted(names)) == ("cluster 2", [f"cluster {one}" for one in range(4)])
    assert found.series.rows["cluster 2"].value == pytest.approx(0.8, abs=0.1)
