import pytest

from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import judge


def at(low, high, coins=100):
    return Estimate((low + high) / 2, low, high, coins)


BEYOND = {"shuffled": at(0.2, 0.4)}


@pytest.mark.parametrize(
    ("effect", "beyond", "conditions", "verdict"),
    [
        (at(0.3, 0.5), BEYOND, {}, "supported"),
        (at(0.3, 0.5), BEYOND, {"Grad-CAM says the opposite": False}, "cannot be decided"),
        (at(0.1, 0.5), BEYOND, {}, "cannot be decided"),
        (at(-0.1, 0.15), BEYOND, {}, "no relevant effect"),
        (at(-0.9, -0.4), BEYOND, {}, "refuted"),
        # What a control shows as well is no evidence, however large.
        (at(1.0, 1.2), {"shuffled": at(-0.1, 0.1)}, {}, "no relevant effect"),
        (at(1.0, 1.2), {"shuffled": at(-0.1, 0.9)}, {}, "cannot be decided"),
        (at(0.3, 0.5, coins=12), BEYOND, {}, "cannot be decided"),
        (at(0.3, 0.5), {"shuffled": at(float("nan"), float("nan"))}, {}, "cannot be decided"),
    ],
)
def test_a_verdict_follows_from_interval_margin_controls_and_conditions(effect, beyond, conditions, verdict):
    assert judge(effect, 0.2, beyond, conditions)[0] == verdict


def test_the_reason_names_the_control_and_the_condition():
    assert "shuffled clusters shows as much" in judge(at(1, 1.2), 0.2, {"shuffled": at(-0.1, 0.1)}, {})[1]
    assert judge(at(0.3, 0.5), 0.2, {}, {"it is small": False})[1] == "it is small"


def test_an_untrained_network_whose_head_knows_the_clusters_tells_of_learning_and_refutes_nothing():
    verdict, reason = judge(at(0.3, 0.5), 0.2, {**BEYOND, "untrained": at(-0.1, 0.1)}, {})
    assert verdict == "supported"
    assert "not on learning" in reason
    assert "not on learning" not in judge(at(0.3, 0.5), 0.2, {**BEYOND, "untrained": at(0.1, 0.2)}, {})[1]
