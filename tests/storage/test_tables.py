import pandas as pd
import pytest

from storage.errors import DamagedError, MissingError
from storage.tables import FROM_COPY, read_frame

TABLE = pd.DataFrame({"coin_id": ["a", "b"], "cluster": [0, 1]})


@pytest.fixture(params=["coins.parquet", "metrics.csv"])
def path(tmp_path, request):
    path = tmp_path / request.param
    (TABLE.to_csv if path.suffix == ".csv" else TABLE.to_parquet)(path, index=False)
    return path


def test_a_whole_table_is_read_or_some_of_its_columns(path):
    pd.testing.assert_frame_equal(read_frame(path), TABLE)
    assert read_frame(path, ["cluster"])["cluster"].tolist() == [0, 1]


@pytest.mark.parametrize("content", [b"", b"\0\xff\n", b"PAR1" + bytes(60)])
def test_one_that_cannot_be_read_is_named_with_what_to_do(path, content):
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=rf"{path.name} cannot be read \(.+\); {FROM_COPY}"):
        read_frame(path, ["cluster"])


def test_one_without_the_column_is_named(path):
    with pytest.raises(DamagedError, match=f"{path.name} cannot be read.*look"):
        read_frame(path, ["obverse"], remedy="look")


def test_one_that_is_not_there_is_named(path):
    path.unlink()
    with pytest.raises(MissingError, match=f"{path.name} is not there; make it"):
        read_frame(path, remedy="make it")
