import pandas as pd
import pytest

from coin_xai.evidence.sanity import SANITY_METHODS
from tasks.explaining.sanity import check_sanity


@pytest.mark.slow
def test_a_run_is_tested_on_some_of_its_coins(study, tmp_path):
    study(tmp_path, "--epochs", "1")
    folder = check_sanity(tmp_path / "test", coins=6)
    table = pd.read_csv(folder / "sanity.csv")
    assert table["coin_id"].nunique() == 6
    summary = pd.read_csv(folder / "summary.csv")
    assert sorted(summary["method"]) == sorted(SANITY_METHODS)
    assert (folder / "sanity.png").read_bytes().startswith(b"\x89PNG")
