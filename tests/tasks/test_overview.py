import pandas as pd
import pytest

from storage import runs
from tasks.overview import overview


def begun(tmp_path, name):
    layout = runs.begin(tmp_path, name, identity={"training": {"k": 3}})
    pd.DataFrame({"error": [None, None, "x.jpg is empty"]}).to_parquet(layout.coins)
    return layout


def test_a_run_that_was_only_begun_says_so(tmp_path):
    line = overview(begun(tmp_path, "celtic"))
    assert (line.name, line.coins, line.k, line.epochs, line.explained) == ("celtic", 2, 3, "none", "no")


def test_a_damaged_run_is_called_so(tmp_path):
    layout = begun(tmp_path, "celtic")
    layout.record.write_text("{")
    assert overview(layout).epochs == "damaged"
    assert "run.json" in overview(layout).page


@pytest.mark.parametrize("content", [None, b"", b"PAR1"])
def test_a_run_without_a_table_of_coins_is_called_so(tmp_path, content):
    layout = begun(tmp_path, "celtic")
    layout.coins.unlink() if content is None else layout.coins.write_bytes(content)
    assert overview(layout).epochs == "damaged"
    assert layout.coins.name in overview(layout).page
