import numpy as np
import pandas as pd
import pytest

from coin_xai.clustering.agreement import agreement
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from storage.errors import DamagedError
from storage.tables import read_frame
from tasks.collection import usable_coins
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.train import train
from tasks.training.create_run import create_run, keep_photographs
from tasks.training.label_agreement import LabelAgreement, compare_again, keep_baselines, read_baselines

N_COINS = 12
BASELINES = pd.DataFrame(
    {
        "coin_id": [str(number) for number in range(N_COINS)],
        "hog": [0, 1, 1, 0, 2, 2, 0, 1, 2, 0, 1, 2],
        "untrained": [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2],
    }
)


def coins(**columns):
    return pd.DataFrame({"coin_id": BASELINES["coin_id"], **columns})


def test_compares_only_coins_whose_label_is_known():
    labels = [1, 1, 1, 1, 2, 2, 2, 2, None, None, None, None]
    judge = LabelAgreement(coins(type=labels), "type", BASELINES)
    cluster = np.array([0, 0, 0, 1, 2, 2, 2, 2, 0, 1, 2, 0])
    found = judge.figures(cluster)
    assert found["ami_to_label"] == pytest.approx(agreement(labels[:8], cluster[:8]).ami)
    assert found["label"] == "type"
    for figure, column in (("baseline_ami_to_label", "hog"), ("untrained_ami_to_label", "untrained")):
        assert found[figure] == pytest.approx(agreement(labels[:8], BASELINES[column][:8]).ami)


def test_baselines_without_an_untrained_network_have_no_figure_of_it():
    judge = LabelAgreement(coins(type=np.arange(N_COINS) % 3), "type", BASELINES.drop(columns="untrained"))
    figures = judge.figures(np.zeros(N_COINS, dtype=np.int64))
    assert "baseline_ami_to_label" in figures
    assert "untrained_ami_to_label" not in figures


def test_without_a_label_there_is_nothing_to_say():
    assert LabelAgreement(coins(), None, None).figures(np.zeros(N_COINS, dtype=np.int64)) == {}


def test_one_changed_label_changes_what_is_compared_with():
    before, after = np.arange(N_COINS) % 3, np.arange(N_COINS) % 3
    after[5] = 0
    one, other = (LabelAgreement(coins(type=labels), "type", BASELINES) for labels in (before, after))
    assert one.compared_with != other.compared_with
    assert one.compared_with == LabelAgreement(coins(type=before), "type", BASELINES).compared_with


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two epochs that was compared with the type of its coins."""
    folder = tmp_path_factory.mktemp("compared")
    write_drawn_coins(folder / "coins", Issue(coins=18, types=3, seed=7))
    ingested = ingest.fn(folder / "coins", folder / "runs", coins=folder / "coins" / "truths.csv")
    layout = create_run(
        ingested,
        TrainingOptions(k=3, width=1 / 16, batch_size=8, clustering="kmeans"),
        folder=folder / "runs",
        name="run",
    )
    keep_photographs(layout, ingested)
    train.fn(layout.root, until=2, epochs=2, label="type")
    return layout


def figures_of(layout):
    return read_frame(layout.metrics)


def test_what_learnt_nothing_is_clustered_once_a_run(trained):
    table = usable_coins(trained)
    before = read_baselines(trained, table)
    assert {"hog", "untrained"} <= set(before)
    nobody_clusters = None
    pd.testing.assert_frame_equal(keep_baselines(trained, table, nobody_clusters), before)


def test_epochs_are_compared_again_once_labels_have_changed(trained):
    table = usable_coins(trained)
    before, curves = figures_of(trained), trained.curves.read_bytes()
    compare_again(trained, table, "type")
    pd.testing.assert_frame_equal(figures_of(trained), before)
    assert trained.curves.read_bytes() == curves

    mended = table.assign(type=np.roll(table["type"].to_numpy(), 1))
    compare_again(trained, mended, "type")
    after = figures_of(trained)
    assert after["epoch"].tolist() == before["epoch"].tolist()
    for epoch, row in after.set_index("epoch").iterrows():
        cluster = read_frame(trained.assignments(epoch))["cluster"]
        assert row["ami_to_label"] == pytest.approx(agreement(mended["type"], cluster).ami)
    baselines = read_baselines(trained, table)
    expected = agreement(mended["type"], baselines["hog"]).ami
    assert after["baseline_ami_to_label"].to_numpy() == pytest.approx(expected)
    assert after["loss"].equals(before["loss"])
    assert trained.curves.read_bytes() != curves

    compare_again(trained, table, "type")
    pd.testing.assert_frame_equal(figures_of(trained), before)


def test_tables_that_lack_a_coin_are_named(trained):
    table = usable_coins(trained)
    changed = table.assign(type=table["type"].where(table.index > 0, "other"))
    for file in (trained.baselines, trained.assignments(1)):
        before = file.read_bytes()
        pd.read_parquet(file).iloc[1:].to_parquet(file, index=False)
        with pytest.raises(DamagedError, match=f"{file.name} lacks {table['coin_id'][0]}; "):
            compare_again(trained, changed, "type")
        file.write_bytes(before)
    compare_again(trained, table, "type")  # as the other tests find it


def test_another_column_is_compared_with_in_all_epochs(trained):
    table = usable_coins(trained).assign(metal=["silver", "billon"] * 9)
    compare_again(trained, table, "metal")
    after = figures_of(trained)
    assert set(after["label"]) == {"metal"}
    cluster = read_frame(trained.assignments(1))["cluster"]
    found = after.set_index("epoch")["ami_to_label"][1]
    assert found == pytest.approx(agreement(table["metal"], cluster).ami)
    compare_again(trained, usable_coins(trained), "type")  # as the other tests find it
    assert set(figures_of(trained)["label"]) == {"type"}
