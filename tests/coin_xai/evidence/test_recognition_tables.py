import numpy as np
import pytest
from scipy.stats import binomtest

from coin_xai.evidence.recognition_tables import (
    BETWEEN_REASONS,
    Recognised,
    figures_of,
    recognition_tables,
    told,
)


def recognised(**other):
    """Two clusters of twenty coins and one of ten, of which the network recognises all."""
    cluster = np.repeat([4, 7, 9], [20, 20, 10])
    wrong = np.roll(cluster, 20)
    what = {
        "cluster": cluster,
        "fold": np.arange(50) % 5,
        "repeated": "head",
        "network": cluster,
        "hog": wrong,
        "untrained": wrong,
        "dealt": cluster,
        "shuffled": wrong,
        "neighbours": None,
        **other,
    }
    return recognition_tables([f"MC_{number:04}" for number in range(50)], Recognised(**what))


def missing(cluster, hits):
    """Return what the network says that recognises so many of the coins of a cluster, and all others."""
    own = recognised().clusters["cluster"].repeat([20, 20, 10]).to_numpy()
    found = own.copy()
    found[np.flatnonzero(own == cluster)[hits:]] = 7 if cluster != 7 else 4
    return found


@pytest.mark.parametrize(("hits", "of"), [(0, 5), (3, 5), (5, 5), (40, 300), (300, 300), (1, 1)])
def test_intervals_are_those_of_scipy(hits, of):
    cluster = np.repeat([0, 1], [of, 500])
    network = np.where(np.arange(of + 500) < hits, 0, 1)
    everything = dict.fromkeys(("network", "hog", "untrained", "shuffled"), network)
    found = Recognised(cluster=cluster, fold=cluster, repeated="head", dealt=cluster, **everything)
    row = recognition_tables([str(one) for one in range(of + 500)], found).clusters.iloc[0]
    expected = binomtest(hits, of).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_all_coins_recognised_is_evidence():
    tables = recognised()
    assert tables.clusters["evidence"].all()
    assert (tables.clusters["reason"] == "").all()
    assert tables.clusters["size"].tolist() == [20, 20, 10]
    assert tables.summary["what"].tolist() == ["network", "shuffled", "hog", "untrained", "largest"]
    assert tables.recognition("network") == 1
    assert tables.recognition("largest") == 0.4
    assert tables.recognition("neighbours") is None
    assert tables.upper_bound


def test_a_coin_knows_its_fold_and_what_it_was_taken_for():
    network = missing(9, 4)
    network[0] = -1
    coins = recognised(network=network).coins.set_index("coin_id")
    assert not coins.loc["MC_0049", "recognised"]
    assert coins.loc["MC_0049", "recognised_as"] == 7
    assert coins.loc["MC_0049", "fold"] == 4
    assert coins.loc["MC_0040", "recognised"]
    assert coins["recognised_as"].isna().tolist() == [True] + [False] * 49


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            {"network": missing(4, 12)},
            ["12 of 20 is not surely more than the share of the largest cluster (40%)"],
        ),
        (
            {"network": missing(4, 14), "shuffled": missing(4, 12)},
            ["14 of 20 is not surely more than shuffled clusters reach (84%)"],
        ),
        (
            {"network": missing(4, 19), "hog": missing(4, 20)},
            ["histograms of gradients, which learn nothing"],
        ),
        (
            {"network": missing(4, 19), "untrained": missing(4, 20)},
            ["the same network untrained recognises more"],
        ),
        (
            {"network": missing(4, 0), "untrained": missing(4, 20), "hog": missing(4, 20)},
            ["shuffled", "largest", "histograms", "untrained"],
        ),
    ],
)
def test_whatever_knows_as_much_without_learning_speaks_against_the_maps(other, words):
    row = recognised(**other).clusters.set_index("cluster").loc[4]
    assert not row["evidence"]
    reasons = row["reason"].split(BETWEEN_REASONS)
    assert len(reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, reasons, strict=True))


def test_as_much_as_what_learns_nothing_is_enough():
    assert recognised(hog=missing(4, 20), untrained=missing(4, 20)).clusters["evidence"].all()


def test_the_figures_are_told_as_an_upper_bound_where_only_the_head_was_repeated():
    neighbours = missing(9, 5)
    text = told(recognised(neighbours=neighbours))
    assert "100% were recognised (93% to 100%, an upper bound" in text
    assert "shuffled clusters 0%" in text
    assert "most of its neighbours in the graph 90%" in text
    assert text.endswith("The maps of 3 of 3 clusters count as evidence.")
    again = recognised(repeated="training")
    assert not again.upper_bound
    assert "upper bound" not in told(again)


def test_figures_have_names():
    assert figures_of(recognised()) == {
        "recognition_network": 1,
        "recognition_shuffled": 0,
        "recognition_hog": 0,
        "recognition_untrained": 0,
        "recognition_largest": 0.4,
        "clusters_with_evidence": 3,
    }
