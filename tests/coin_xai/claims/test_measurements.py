import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.claims.groundwork import Groundwork
from coin_xai.claims.measurements import Donor, Sight, Subject, measure
from coin_xai.claims.parts import marked_parts, parts_of
from coin_xai.claims.pose import lying
from coin_xai.networks import build, normalise

SIZE, CLASSES = 128, 3
COLOUR_AND_BACKGROUND, COIN_ALONE = Sight(True, True), Sight(False, False)


@pytest.fixture(scope="module")
def network():
    return build(
        "gridnet",
        k=CLASSES,
        generator=torch.Generator().manual_seed(0),
        sobel=True,
        sobel_padding="zeros",
        width=0.25,
        front="edges",
    ).eval()


@pytest.fixture(scope="module")
def coins():
    generator = np.random.default_rng(0)
    squares = generator.integers(0, 256, (3, 3, SIZE, SIZE), dtype=np.uint8)
    down, across = (np.indices((SIZE, SIZE)) + 0.5) / SIZE - 0.5
    flan = (np.hypot(down, across) < 0.45).astype(np.float32)
    pose = lying(flan)
    stands = Groundwork(flan, parts_of(flan, pose, "cross"), pose)
    return squares, [stands, stands, Groundwork()]


def measured(network, coins, sight=COIN_ALONE, subjects=None):
    squares, groundwork = coins
    units = np.array([0, 1, 2])
    subjects = subjects or [Subject("network", network, units)]
    dark = [Donor("dark", np.zeros((SIZE, SIZE, 3), np.uint8), groundwork[0])] * 3
    return measure(["a", "b", "c"], squares, groundwork, subjects, sight=sight, seed=1, backgrounds=dark)


def test_every_coin_is_measured_of_each_source_and_of_noise(network, coins):
    untrained = Subject("untrained", network, np.array([0, 1, 2]))
    table = measured(network, coins, subjects=[Subject("network", network, np.array([0, 1, 2])), untrained])
    assert table.groupby("source")["coin_id"].apply(list).to_dict() == {
        source: ["a", "b", "c"] for source in ("network", "noise", "untrained")
    }


def test_the_lead_is_that_of_the_logit_over_the_highest_other(network, coins):
    rows = measured(network, coins).query("source == 'network'")
    with torch.inference_mode():
        logits = network(normalise(torch.from_numpy(coins[0]))).double().numpy()
    expected = [logits[i, i] - np.delete(logits[i], i).max() for i in range(3)]
    np.testing.assert_allclose(rows["lead"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(rows["right"], np.array(expected) > 0)


def test_a_coin_without_parts_has_no_density_and_is_asked_all_the_same(network, coins):
    last = measured(network, coins).query("source == 'network'").iloc[2]
    assert np.isnan(last["heat cross"])
    assert np.isnan(last["lead cross"])
    assert np.isfinite(last["lead turned"])


def test_only_what_a_network_sees_is_changed(network, coins):
    assert not {"lead grey", "lead other background"} & {*measured(network, coins)}
    seen = measured(network, coins, COLOUR_AND_BACKGROUND)
    assert {"lead grey", "lead other background"} <= {*seen}
    assert np.isnan(seen.query("source == 'network'")["lead other background"].iloc[2])


def test_hiding_a_part_changes_what_the_network_says(network, coins):
    first = measured(network, coins).query("source == 'network'").iloc[0]
    assert first["lead cross"] != first["lead"]


def test_a_canton_of_another_coin_is_put_where_it_is_known_how_both_stand(network, coins):
    squares, groundwork = coins
    donors = [
        Donor(name, squares[2 - at].transpose(1, 2, 0), groundwork[2 - at])
        for at, name in [*enumerate("cba")]
    ]
    subjects = [Subject("network", network, np.array([0, 1, 2]))]
    table = measure(["a", "b", "c"], squares, groundwork, subjects, sight=COIN_ALONE, seed=1, cantons=donors)
    rows = table.query("source == 'network'")
    assert rows["donor"].tolist() == ["c", "b", "a"]
    assert np.isnan(rows["lead other canton 3"]).tolist() == [True, False, True]
    # The same coin's own canton in its place changes nothing, up to the rounding of places.
    assert rows["lead other canton 3"].iloc[1] == pytest.approx(rows["lead"].iloc[1], abs=1e-2)


def test_the_same_coin_is_measured_the_same_in_other_company(network, coins):
    squares, groundwork = coins
    alone = measure(
        ["b"],
        squares[1:2],
        groundwork[1:2],
        [Subject("network", network, np.array([1]))],
        sight=COLOUR_AND_BACKGROUND,
        seed=1,
        backgrounds=[Donor("dark", np.zeros((SIZE, SIZE, 3), np.uint8), groundwork[0])],
    )
    together = measured(network, coins, COLOUR_AND_BACKGROUND)
    both = [table.query("source == 'network' and coin_id == 'b'") for table in (alone, together)]
    pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in both), rtol=1e-4, atol=1e-5)


def test_parts_of_any_name_are_measured_and_hidden(network, coins):
    squares, groundwork = coins
    flan = groundwork[0].flan
    legend = np.zeros_like(flan)
    legend[20:60, 40:80] = 1
    marked = Groundwork(flan, marked_parts(flan, lying(flan), {"legend of the king": legend}))
    table = measured(network, (squares, [marked, Groundwork(flan), Groundwork()])).query(
        "source == 'network'"
    )
    for name in ("heat", "lead", "right"):
        assert np.isnan(table[f"{name} legend of the king"]).tolist() == [False, True, True]
    assert table["lead legend of the king"].iloc[0] != table["lead"].iloc[0]
    assert not {"lead rim", "lead background", "lead cross"} & {*table}
