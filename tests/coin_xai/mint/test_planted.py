import pytest

from coin_xai.mint.planted import PLANTINGS, THICK, THIN, plant


def drawn(planting, coins=12):
    return list(plant(planting, coins=coins, seed=3, size_px=96))


@pytest.mark.parametrize("planting", PLANTINGS)
def test_every_issue_has_clusters_and_is_the_same_again(planting):
    first, again = drawn(planting, 8), drawn(planting, 8)
    assert len({one.cluster for one in first}) > 1
    assert [one.cluster for one in first] == [one.cluster for one in again]
    assert all(
        (one.coin.photograph == other.coin.photograph).all() for one, other in zip(first, again, strict=True)
    )


def test_only_the_bars_tell_the_clusters_of_the_cross_apart():
    truths = [(one.cluster, one.coin.truth) for one in drawn("cross")]
    widths = {cluster: (truth.bar_width_horizontal, truth.bar_width_vertical) for cluster, truth in truths}
    assert sorted(widths.values()) == sorted(
        (across, down) for across in (THIN, THICK) for down in (THIN, THICK)
    )
    assert len({one.coin.truth.canton_3 for one in drawn("cross")}) == 1


@pytest.mark.parametrize(
    ("planting", "own", "other"),
    [
        ("horizontal bar", "bar_width_horizontal", "bar_width_vertical"),
        ("vertical bar", "bar_width_vertical", "bar_width_horizontal"),
    ],
)
def test_only_one_bar_tells_the_clusters_of_a_bar_apart(planting, own, other):
    truths = [(one.cluster, one.coin.truth) for one in drawn(planting)]
    assert len({(cluster, getattr(truth, own)) for cluster, truth in truths}) == 3
    assert len({getattr(truth, other) for _, truth in truths}) == 1


def test_an_axe_in_canton_3_is_the_whole_difference():
    assert {(one.cluster, one.coin.truth.canton_3) for one in drawn("axe")} == {(0, "axe"), (1, "")}


def test_the_background_is_that_of_the_collection_and_the_type_is_one():
    found = drawn("background")
    assert {one.coin.truth.type for one in found} == {"T01"}
    assert len({(one.cluster, one.coin.truth.collection) for one in found}) == 2


def test_rich_and_poor_types_share_clusters_by_how_much_is_on_them():
    found = drawn("richness", 16)
    assert all(one.cluster == one.coin.truth.symbols - 1 for one in found)
    assert len({one.coin.truth.type for one in found}) > len({one.cluster for one in found})


def test_one_type_of_twins_lies_in_two_clusters():
    clusters = {one.cluster for one in drawn("twins", 40) if one.coin.truth.type == "T01"}
    assert len(clusters) == 2
