import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from coin_xai.catalogue import catalogue
from coin_xai.catalogue.given import read_clusters
from coin_xai.errors import CatalogueError
from storage import checkpoints, runs
from storage.errors import MissingError
from tasks.training.consensus import agree

TRUTH = np.repeat([0, 1, 2, 3], 10)
COINS = catalogue([f"BN_{number}_R.jpg" for number in range(len(TRUTH))])


def finished(folder, name, cluster, *, coins=COINS):
    layout = runs.begin(folder, name, identity={"name": name})
    table = coins[["coin_id", "path"]].assign(cluster=cluster)
    layout.checkpoints.mkdir(parents=True)
    table.sample(frac=1, random_state=len(name)).to_parquet(layout.final_assignments(3))
    checkpoints.save(layout, 3, {}, finished=True)
    return layout.root


@pytest.fixture
def three(tmp_path):
    """Three runs, each with ids of its own, that put two coins of their own elsewhere."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(3):
        cluster = TRUTH.copy()
        cluster[[number, 20 + number]] = [2, 3]
        found.append(finished(tmp_path, f"run{number}", rng.permutation(4)[cluster]))
    return found


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_every_coin_goes_where_most_runs_put_it(three, tmp_path, suffix):
    alike = agree(three, tmp_path / f"table{suffix}")
    tables = [pd.read_parquet(run / "training/checkpoints/0003.parquet") for run in three]
    first, second, third = (table.sort_values("coin_id")["cluster"] for table in tables)
    pairs = ((first, second), (first, third), (second, third))
    assert alike == pytest.approx(np.mean([adjusted_mutual_info_score(*pair) for pair in pairs]))
    found = read_clusters((tmp_path / f"table{suffix}").read_bytes(), COINS, name="table")
    assert adjusted_mutual_info_score(TRUTH, found.cluster) == pytest.approx(1)
    assert np.flatnonzero(found.stability < 1).tolist() == [0, 1, 2, 20, 21, 22]
    assert set(found.stability[found.stability < 1]) == {np.float32(2 / 3)}


def test_runs_of_other_coins_and_unfinished_ones_are_refused(three, tmp_path):
    other = finished(tmp_path, "other", TRUTH[:-1], coins=COINS[:-1])
    with pytest.raises(CatalogueError, match="other is not of the same coins as"):
        agree([*three, other], tmp_path / "table.parquet")
    unfinished = runs.begin(tmp_path, "unfinished", identity={}).root
    with pytest.raises(MissingError, match="train it"):
        agree([*three, unfinished], tmp_path / "table.parquet")
    assert not (tmp_path / "table.parquet").exists()
