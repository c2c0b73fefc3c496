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


def test_heat_and_hiding_together_support_a_claim(evidence, claim):
    part, _ = CLAIMS[claim]
    found = claim(evidence(heat={part: 0.8}, lead={part: -0.5}))
    assert found.verdict == "supported"
    assert found.effect.value == pytest.approx(0.8, abs=0.05)
    assert found.beyond["shuffled"].value == pytest.approx(0.8, abs=0.05)


def test_without_any_difference_there_is_no_effect(evidence, claim):
    assert claim(evidence()).verdict == "no relevant effect"


def test_the_opposite_refutes(evidence, claim):
    _, other = CLAIMS[claim]
    assert claim(evidence(heat={other: 0.8}, lead={other: -0.5})).verdict == "refuted"


@pytest.mark.parametrize("control", ["untrained", "shuffled", "noise"])
def test_what_a_control_shows_as_well_is_no_evidence(evidence, claim, control):
    part, _ = CLAIMS[claim]
    found = claim(evidence(heat={part: 0.8}, lead={part: -0.5}, controls={control: {part: 0.8}}))
    assert found.verdict == "no relevant effect"
    assert control in found.reason


def test_heat_that_hiding_does_not_confirm_decides_nothing(evidence, claim):
    part, _ = CLAIMS[claim]
    found = claim(evidence(heat={part: 0.8}))
    assert (found.verdict, "hiding" in found.reason) == ("cannot be decided", True)


def test_a_cross_that_counts_in_one_cluster_of_four_is_not_global(evidence):
    cluster = np.arange(120) % 4
    found = cross_is_global(
        evidence(heat={"cross": np.where(cluster == 0, 4.0, 0.0)}, lead={"cross": -0.5}, cluster=cluster)
    )
    assert found.effect.low > found.margin
    assert found.verdict == "cannot be decided"
    assert "of the clusters" in found.reason


def test_the_deciding_coins_are_those_that_show_it_most(evidence):
    heat = np.zeros(120)
    heat[17] = 5
    assert cross_is_global(evidence(heat={"cross": heat})).deciding[0] == "coin 17"


def test_a_network_that_reads_places_is_said_to(evidence):
    found = horizontal_bar_dominates(evidence(heat={"horizontal bar": 0.8}, lead={"horizontal bar": -0.5}))
    assert "as the coins lie" in found.reason
