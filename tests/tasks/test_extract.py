import numpy as np
import pandas as pd
import pytest

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.errors import OptionError
from storage import checkpoints, runs
from storage.errors import DamagedError, MissingError
from storage.layout import RunLayout, pixels_folder
from storage.pixel_cache import PixelCache
from tasks.extract import Extracted, chosen, extract

COINS = ["a", "b", "c", "d"]
OPTIONS = ExplanationOptions()


def partition():
    return pd.DataFrame(
        {
            "coin_id": COINS,
            "path": [f"{coin}.jpg" for coin in COINS],
            "cluster": [5, 0, 5, 2],
            "class_index": [2, 0, 2, 1],
            "distance": [0.5] * 4,
            "score": [3.0] * 4,
            "margin": [1.0, 2.0, -1.0, 2.0],
            "runner_up_cluster": pd.array([0, 5, None, 0], dtype="Int64"),
            "head_cluster": pd.array([5, 0, None, 2], dtype="Int64"),
            "head_agrees": [True, True, False, True],
        }
    )


@pytest.fixture
def run(tmp_path):
    """Make a run with finished checkpoints of two epochs, by hand; a table may replace the last partition."""

    def make(table=None, coins=COINS):
        layout = runs.begin(tmp_path, "run", identity={"pixels": "tiny", "training": {"network": "alexnet"}})
        with PixelCache.open(pixels_folder(tmp_path, "tiny")) as cache:
            for number, coin in enumerate(COINS):
                if cache.lookup(f"hash of {coin}") is None:
                    cache.append(f"hash of {coin}", np.full((2, 2, 3), number, dtype=np.uint8))
        pd.DataFrame(
            {
                "coin_id": [*coins, "broken"],
                "path": [f"{coin}.jpg" for coin in [*coins, "broken"]],
                "sha256": [*(f"hash of {coin}" for coin in coins), None],
                "type": "LT 5252",
                "error": [*[None] * len(coins), "broken.jpg is empty"],
            }
        ).to_parquet(layout.coins)
        for epoch in (2, 4):
            content = partition() if table is None or epoch == 2 else table
            layout.final_assignments(epoch).parent.mkdir(parents=True, exist_ok=True)
            content.to_parquet(layout.final_assignments(epoch), index=False)
            checkpoints.save(layout, epoch, {"epoch": epoch}, finished=True)
        return layout

    return make


def table_of(layout, extracted):
    return pd.read_parquet(layout.explanation(extracted.fingerprint).assignments)


def test_the_last_partition_is_joined_with_the_table_of_coins(run):
    layout = run()
    extracted = extract.fn(layout.root, options=OPTIONS)
    assert (extracted.epoch, extracted.clusters) == (4, [0, 2, 5])
    table = table_of(layout, extracted)
    pd.testing.assert_frame_equal(table[partition().columns], partition(), check_dtype=False)
    assert table["type"].tolist() == ["LT 5252"] * 4
    assert table["sha256"].tolist() == [f"hash of {coin}" for coin in COINS]
    csv = pd.read_csv(layout.explanation(extracted.fingerprint).assignments_csv)
    assert csv["cluster"].tolist() == [5, 0, 5, 2]


def test_another_epoch_may_be_asked_for_and_has_a_folder_of_its_own(run):
    layout = run()
    first, last = (extract.fn(layout.root, epoch=epoch, options=OPTIONS) for epoch in (2, 4))
    assert (first.epoch, last.epoch) == (2, 4)
    assert first.fingerprint != last.fingerprint
    with pytest.raises(MissingError, match="no finished checkpoint of epoch 3"):
        extract.fn(layout.root, epoch=3, options=OPTIONS)


def test_the_same_work_has_the_same_folder_and_other_options_another(run):
    layout = run()
    names = [
        extract.fn(layout.root, options=options).fingerprint
        for options in (OPTIONS, ExplanationOptions(pictures="png"), OPTIONS)
    ]
    assert names[0] == names[2] != names[1]


def changed(**columns):
    return partition().assign(**columns)


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (partition().drop(columns="margin"), "there is a column margin"),
        (changed(cluster=["5", "0", "5", "2"]), "the column cluster holds what it should"),
        (changed(class_index=[2.0, 0.0, 2.0, 1.0]), "the column class_index holds what it should"),
        (changed(head_agrees=[1, 1, 0, 1]), "the column head_agrees holds what it should"),
        (changed(score=[1.0, 2.0, np.nan, 3.0]), "the column score has no gaps"),
        (changed(path=["a.jpg", None, "c.jpg", "d.jpg"]), "the column path has no gaps"),
        (changed(coin_id=["a", "b", "c", "a"]), "every coin stands in it once, and a stands in it again"),
        (changed(class_index=[2, 0, 1, 1]), "every cluster has one unit of the head"),
        (changed(class_index=[2, 0, 2, 0]), "every cluster has one unit of the head"),
        (changed(cluster=[-5, 0, -5, 2]), "clusters and units count from 0"),
        (changed(class_index=[2, -1, 2, 1]), "clusters and units count from 0"),
    ],
)
def test_a_partition_that_breaks_a_rule_is_refused_with_the_rule(run, table, rule):
    layout = run(table)
    with pytest.raises(DamagedError, match=rf"0004\.parquet breaks the rule that {rule}"):
        extract.fn(layout.root, options=OPTIONS)
    assert not layout.explanation("x").root.parent.exists()


def test_a_coin_that_the_run_does_not_know_is_named(run):
    with pytest.raises(OptionError, match=r"coins\.parquet lacks coins of the partition: d"):
        extract.fn(run(coins=COINS[:3]).root, options=OPTIONS)


def test_a_coin_whose_pixels_are_gone_is_refused(run, tmp_path):
    layout = run()
    index = pixels_folder(tmp_path, "tiny") / "index.parquet"
    rows = pd.read_parquet(index)
    rows[rows["sha256"] != "hash of c"].to_parquet(index)
    with pytest.raises(MissingError, match="lacks the pixels of 1 photograph;"):
        extract.fn(layout.root, options=OPTIONS)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(MissingError, match="is no run of coin-xai"):
        extract.fn(RunLayout(tmp_path / "nothing").root, options=OPTIONS)


def test_all_clusters_are_chosen_unless_some_are_named():
    extracted = Extracted("fingerprint", 2, [0, 2, 5])
    assert chosen(extracted, []) == [0, 2, 5]
    assert chosen(extracted, [5, 0, 5]) == [0, 5]


def test_a_cluster_without_coins_cannot_be_chosen():
    with pytest.raises(
        OptionError, match=r"no coins in cluster 1, 7 \(--clusters\); the clusters go from 0 to 5"
    ):
        chosen(Extracted("fingerprint", 2, [0, 2, 5]), [7, 0, 1])


def test_match_maps_of_a_network_that_sees_photographs_are_refused_before_any_coin_is_explained(run):
    with pytest.raises(OptionError, match=r"--also match .* alexnet"):
        extract.fn(run().root, options=ExplanationOptions(also=("match",)))
