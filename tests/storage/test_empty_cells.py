import numpy as np
import pandas as pd
import pytest

from storage.empty_cells import count_empty_cells
from storage.errors import DamagedError, MissingError


@pytest.mark.parametrize(
    ("cells", "expected"), [([None, "x.jpg is empty", None], 2), ([None, None], 2), (["a"], 0), ([], 0)]
)
def test_cells_without_a_value_are_counted_as_pandas_counts_them(tmp_path, cells, expected):
    file = tmp_path / "coins.parquet"
    frame = pd.DataFrame({"error": pd.Series(cells, dtype=object), "other": np.arange(len(cells))})
    frame.to_parquet(file)
    assert count_empty_cells(file, "error") == frame["error"].isna().sum() == expected


def test_a_file_that_is_not_there_or_cannot_be_read_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"coins\.parquet is not there"):
        count_empty_cells(tmp_path / "coins.parquet", "error")
    pd.DataFrame({"other": [1]}).to_parquet(tmp_path / "coins.parquet")
    with pytest.raises(DamagedError, match=r"coins\.parquet cannot be read"):
        count_empty_cells(tmp_path / "coins.parquet", "error")
    (tmp_path / "coins.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedError, match=r"coins\.parquet cannot be read"):
        count_empty_cells(tmp_path / "coins.parquet", "error")
