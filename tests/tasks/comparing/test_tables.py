import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from storage.layout import RunLayout
from tasks.comparing.findings import find, read_runs
from tasks.comparing.tables import tables_of
from tests.tasks.comparing.conftest import NAMES, TRUTH


@pytest.fixture
def tables(three):
    return tables_of(find(read_runs(three), "type"))


def test_runs_tell_the_settings_that_differ_and_their_figures(tables):
    runs = tables.runs.set_index("run")
    assert tables.settings == ["k", "seed"]
    assert runs["setting"].tolist() == [0, 0, 1]
    assert runs["k"].tolist() == [4, 4, 2]
    assert runs["clusters"].tolist() == [4, 4, 2]
    assert set(runs["compared"]) == {40}
    assert runs.loc["first", "ami_to_label"] == pytest.approx(1)
    coarse = adjusted_mutual_info_score(TRUTH[1:], TRUTH[1:] // 2)
    assert runs.loc["coarse", "ami_to_label"] == pytest.approx(coarse)
    assert set(runs["stability"]) == {0.5}
    assert "recognition" not in runs


def test_what_learnt_nothing_stands_beside_the_agreement_with_a_label(three):
    layout = RunLayout(three[2])
    hog = pd.DataFrame({"coin_id": NAMES[::-1], "hog": (TRUTH % 2)[::-1]})
    hog.to_parquet(layout.baselines)
    runs = tables_of(find(read_runs(three), "type")).runs.set_index("run")
    expected = adjusted_mutual_info_score(TRUTH[1:], TRUTH[1:] % 2)
    assert runs.loc["coarse", "hog_ami_to_label"] == pytest.approx(expected)
    assert np.isnan(runs.loc["first", "hog_ami_to_label"])
    hog[1:].to_parquet(layout.baselines)
    assert "hog_ami_to_label" not in tables_of(find(read_runs(three), "type")).runs


@pytest.mark.parametrize("labels", [[None] * 40, ["a", *[None] * 39]])
def test_agreement_with_a_label_that_hardly_any_coin_has_is_unknown(finished, labels):
    runs = [finished(name, TRUTH, k=4, table={"type": labels}) for name in ("first", "second")]
    pd.DataFrame({"coin_id": NAMES, "hog": TRUTH}).to_parquet(RunLayout(runs[0]).baselines)
    table = tables_of(find(read_runs(runs), "type")).runs
    assert table["ami_to_label"].isna().all()
    assert table["hog_ami_to_label"].isna().all()


def test_seeds_of_a_setting_have_a_mean_and_a_spread(tables):
    seeds, runs = tables.seeds.set_index("setting"), tables.runs.set_index("run")
    assert seeds["seeds"].tolist() == [2, 1]
    own = runs.loc[["first", "second"], "ami_to_label"]
    assert seeds.loc[0, "ami_to_label_mean"] == pytest.approx(own.mean())
    assert seeds.loc[0, "ami_to_label_spread"] == pytest.approx(own.std())


def test_every_pair_of_runs_agrees_once_and_has_its_clusters_matched(tables):
    pairs = [("first", "second"), ("first", "coarse"), ("second", "coarse")]
    assert list(zip(tables.agreement["run"], tables.agreement["other"], strict=True)) == pairs
    matches = tables.matches.set_index(["run", "other"])
    same = matches.loc[("first", "second")]
    assert (same["before"] + 5 == same["after"]).all()
    assert len(matches.loc[[("first", "coarse")]]) == 2


def test_flows_are_those_of_runs_that_follow_each_other(tables):
    assert set(zip(tables.flows["run"], tables.flows["other"], strict=True)) == {
        ("first", "second"),
        ("second", "coarse"),
    }
    moved = tables.flows[(tables.flows["before"] == 0) & (tables.flows["after"] == 8)]
    assert moved[["coins", "share_of_before"]].to_numpy().tolist() == [[2, 0.2]]
    for _, flows in tables.flows.groupby("run"):
        assert flows["coins"].sum() == 40


def test_parents_go_by_rising_k_through_one_run_of_each(tables):
    assert set(tables.parents["parent_run"]) == {"coarse"}
    assert tables.parents["run"].nunique() == 1
    assert set(tables.parents["k"]) == {4}
    shares = tables.parents.groupby("cluster")["share"].sum()
    assert shares.tolist() == pytest.approx([1] * 4)


def test_runs_of_one_k_have_no_parents(three):
    assert tables_of(find(read_runs(three[:2]), None)).parents.empty


def test_cores_tell_their_clusters_and_their_commonest_label(tables):
    cores = tables.cores
    assert cores["coins"].tolist() == [10, 10, 10, 8, 2]
    first = cores.iloc[3]
    assert [first[f"cluster_{name}"] for name in ("first", "second", "coarse")] == [0, 5, 0]
    assert cores["label"].tolist()[3:] == ["a", "a"]
    assert set(cores["label_share"]) == {1}  # of those that have one
    assert tables.coins["coin_id"].tolist() == list(NAMES)
    assert tables.coins["core"].tolist()[:3] == [4, 4, 3]


def test_of_labels_that_are_as_common_the_first_by_the_alphabet_counts(finished):
    label = ["b", "a", "a", "b", *["c"] * 36]
    together = [0] * 4 + [1] * 36
    runs = [finished(name, together, k=2, table={"type": label}) for name in ("first", "second")]
    cores = tables_of(find(read_runs(runs), "type")).cores
    assert cores[["label", "label_share"]].to_numpy().tolist() == [["c", 1], ["a", 0.5]]


def test_coins_that_are_alone_have_no_core_and_those_that_moved_kept_least_company(finished):
    cluster = TRUTH.copy()
    cluster[0] = 3
    runs = [finished("first", TRUTH, k=4), finished("second", cluster, k=4)]
    tables = tables_of(find(read_runs(runs), None))
    coins, cores = tables.coins, tables.cores
    assert cores["coins"].tolist() == [10, 10, 10, 9]
    assert cores["cluster_first"].tolist() == cores["cluster_second"].tolist() == [1, 2, 3, 0]
    assert coins["core"].isna().tolist() == [True] + [False] * 39
    assert coins["company"].idxmin() == 0
    assert "label" not in coins


def test_every_table_has_a_name_and_is_about_these_runs(tables):
    assert set(tables.by_name()) == {
        *("runs", "seeds", "agreement", "matches", "flows", "parents", "falls", "cores", "coins")
    }
