"""Studies that start from what users made elsewhere, from the command line to the page."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from coin_xai.deepcluster.options import TrainingOptions
from flows.command_line.cli import cli
from flows.train_clusters import train_clusters
from tests.conftest import SMALL
from tests.flows.test_parameters import posted


@pytest.fixture
def truths(coins):
    return pd.read_csv(coins / "truths.csv")


def explained(runs):
    return pd.read_parquet(runs / "test" / "latest" / "assignments.parquet")


def page(runs):
    """Return the data of the page, and its HTML."""
    folder = runs / "test" / "latest"
    script = (folder / "page" / "app" / "page.data.js").read_text()
    return json.loads(re.search(r"const PAGE = (.*);", script)[1]), (folder / "report.html").read_text()


def test_a_study_of_given_types_explains_them_by_their_names(study, truths, tmp_path):
    table = truths[["coin_id"]].assign(cluster="axe & " + truths["type"])
    table.to_excel(tmp_path / "types.xlsx", index=False)
    given = ("--init-assignments", tmp_path / "types.xlsx", "--epochs", "1")
    study(tmp_path / "runs", *given)
    found = explained(tmp_path / "runs").merge(truths[["coin_id", "type"]], on="coin_id")
    assert (found["cluster_name"] == "axe & " + found["type"]).all()
    data, html = page(tmp_path / "runs")
    assert dict(data["notes"]["cluster"])["0"] == {"name": "axe & T01"}
    assert "18 coins in 3 clusters that were given." in html
    assert "given, then learnt" in html
    # The same command finds the run again.
    study(tmp_path / "runs", *given)


def test_a_study_of_vectors_shows_how_sure_each_coin_is(study, truths, tmp_path):
    types = truths["type"].astype("category").cat.codes
    rng = np.random.default_rng(3)
    vectors = pd.DataFrame(rng.normal(size=(3, 9))[types] + 0.2 * rng.normal(size=(18, 9)))
    vectors.add_prefix("dino_").assign(file=truths["file"]).to_parquet(tmp_path / "vectors.parquet")
    study(tmp_path / "runs", "--features", tmp_path / "vectors.parquet", "--epochs", "1")
    found = explained(tmp_path / "runs")
    data, html = page(tmp_path / "runs")
    (shown,) = [column for column in data["columns"] if column["name"] == "stability"]
    assert shown["group"] == "result"
    np.testing.assert_allclose(shown["numbers"], found["stability"], rtol=1e-4)
    means = found.groupby("cluster")["stability"].mean()
    for cluster in data["clusters"]:
        assert cluster["stability"] == pytest.approx(means[cluster["cluster"]], rel=1e-4)
        assert f"stability {means[cluster['cluster']]:.2f}" in html
    assert "by vectors made elsewhere" in html


def test_what_three_runs_agree_on_is_taken_up_with_its_stability(call, coins, study, tmp_path):
    names = [tmp_path / "runs" / f"seed{seed}" for seed in (1, 2, 3)]
    for seed, run in enumerate(names, start=1):
        options = ("--clustering", "kmeans", "--seed", seed, "--runs", run.parent, "--name", run.name)
        code, text = call("train", coins, *SMALL, *options, "--epochs", "1")
        assert code == 0, text
    code, text = call("consensus", *names, "--out", tmp_path / "agreed.parquet")
    assert code == 0, text
    assert "agreement of the runs (AMI)" in text
    agreed = pd.read_parquet(tmp_path / "agreed.parquet")
    study(tmp_path / "runs", "--init-assignments", tmp_path / "agreed.parquet", "--epochs", "1")
    found = explained(tmp_path / "runs")
    assert found["cluster"].tolist() == agreed["cluster"].tolist()
    assert found["stability"].tolist() == agreed["stability"].tolist()
    assert call("consensus", names[0], "--out", tmp_path / "one.parquet")[1].endswith("give two runs or more")


def test_a_run_of_before_without_stability_opens_still(run):
    file = run / "training" / "checkpoints" / "0001.parquet"
    pd.read_parquet(file).drop(columns="stability").to_parquet(file, index=False)
    result = CliRunner().invoke(cli, ["explain", str(run)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "stability" not in explained(run.parent)
    assert all("stability" not in cluster for cluster in page(run.parent)[0]["clusters"])


def test_a_form_offers_both_files_and_leaves_them_empty():
    options = TrainingOptions.model_validate(posted(train_clusters))
    assert (options.features, options.init_assignments, options.clustering) == (None, None, None)
    rules = TrainingOptions.model_json_schema()["properties"]
    assert {"features", "init_assignments"} <= set(rules)
    assert {"features", "given"} <= set(rules["clustering"]["enum"])
