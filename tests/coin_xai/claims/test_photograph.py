import numpy as np
import pytest

from coin_xai.claims.photograph import photograph_matters

CLUSTER = np.arange(120) % 4


def test_clusters_that_photographs_foretell_are_found(evidence):
    found = photograph_matters(evidence(coins={"background": CLUSTER * 10.0}, cluster=CLUSTER))
    assert found.verdict == "supported"
    assert found.effect.value == pytest.approx(0.75, abs=0.1)  # all of them, less a quarter by chance
    assert [share.value for share in found.series.rows.values()] == pytest.approx([0.75] * 4, abs=0.2)
    assert found.controls == {}


def test_clusters_that_have_nothing_to_do_with_photographs_are_not(evidence):
    found = photograph_matters(evidence(cluster=CLUSTER))
    assert found.verdict in ("no relevant effect", "cannot be decided")
    assert found.also["foretold"] == pytest.approx(0.25, abs=0.12)


def test_what_the_collection_foretells_alone_is_told_apart(evidence):
    collection = np.array(["MA", "MB"])[np.arange(120) % 2]
    background = (np.arange(120) % 2) * 50.0
    found = photograph_matters(
        evidence(coins={"background": background, "collection": collection}, cluster=np.arange(120) % 2)
    )
    assert found.verdict == "supported"
    assert abs(found.also["beyond what the collection alone foretells"]) < 0.1
    assert found.controls["the collection alone"].value == pytest.approx(found.effect.value, abs=0.1)


def test_what_a_network_cannot_see_is_said(evidence):
    assert "no background" in photograph_matters(evidence()).reason


def test_the_share_that_a_change_loses_is_beyond_that_of_none(evidence):
    assert photograph_matters(evidence()).also["lost after blur"] == pytest.approx(0.25)


def test_clusters_that_are_too_small_to_learn_from_are_left_out(evidence):
    cluster = np.where(np.arange(120) < 3, 9, CLUSTER)
    assert photograph_matters(evidence(cluster=cluster)).effect.coins == 117


def test_of_each_cluster_a_share_of_its_coins_is_foretold_whatever_its_size(evidence):
    cluster = (np.arange(120) >= 90).astype(int)
    found = photograph_matters(evidence(coins={"background": cluster * 10.0}, cluster=cluster))
    shares = {name: share.value for name, share in found.series.rows.items()}
    assert 0.5 < shares["cluster 1"] <= 1  # of the smaller cluster chance foretells less
    assert 0 <= shares["cluster 0"] < shares["cluster 1"]
