import math

import pytest

from coin_xai.deepcluster.diagnostics import diagnose

GOOD = {
    "dimensions": 10,
    "ami_to_previous": 0.4,
    "loss": 1.0,
    "loss_of_chance": math.log(10),
    "largest_cluster_share": 0.2,
    "empty_clusters": 0,
}


def found(last=None, *, every=None, n_coins=1000):
    rows = [{**GOOD, **(every or {})} for _ in range(4)]
    rows[-1].update(last or {})
    return diagnose(rows, n_coins=n_coins, k=10)


def test_a_good_run_has_none():
    assert found() == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"every": {"dimensions": 64}}, "coins per dimension"),
        ({"every": {"ami_to_previous": 0.01}}, "at random"),
        ({"every": {"loss": math.log(10) * 0.99}}, "no better than chance"),
        ({"last": {"largest_cluster_share": 0.6}}, "holds 60%"),
        ({"last": {"empty_clusters": 2}}, "2 of 10 clusters are empty"),
        ({"last": {"head_fit": 0.4}}, "only 40%"),
        (
            {"every": {"ami_to_label": 0.1, "baseline_ami_to_label": 0.2, "label": "motif"}},
            "agree better with motif (AMI 0.20)",
        ),
        (
            {"every": {"ami_to_label": 0.3, "label": "motif"}, "last": {"ami_to_label": 0.1}},
            "agree less with motif (AMI 0.10) than before",
        ),
    ],
)
def test_each_fault_is_named_alone(change, word):
    (sentence,) = found(**change)
    assert word in sentence


def test_one_bad_epoch_is_no_trend():
    assert found({"ami_to_previous": 0.0}) == []


def test_clusters_that_agree_with_the_label_need_no_warning():
    labelled = {"ami_to_label": 0.3, "baseline_ami_to_label": 0.2, "label": "motif"}
    assert found({"ami_to_label": 0.4}, every=labelled) == []


def test_older_figures_that_do_not_name_their_label_are_compared_all_the_same():
    (sentence,) = found({"ami_to_label": 0.1}, every={"ami_to_label": 0.3})
    assert "agree less with the label (AMI 0.10)" in sentence


def test_figures_of_two_labels_are_not_compared():
    rows = [
        {**GOOD, "ami_to_label": 0.3, "label": "metal"},
        {**GOOD, "ami_to_label": 0.1, "label": "motif"},
    ]
    assert diagnose(rows, n_coins=1000, k=10) == []
