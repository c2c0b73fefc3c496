import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import DamagedError, MissingError
from storage.tables import FROM_COPY, csv_bytes, read_frame

TABLE = pd.DataFrame({"coin_id": ["a", "b"], "cluster": [0, 1]})


@pytest.fixture(params=["coins.parquet", "metrics.csv"])
def path(tmp_path, request):
    path = tmp_path / request.param
    if path.suffix == ".csv":
        path.write_bytes(csv_bytes(TABLE))
    else:
        TABLE.to_parquet(path, index=False)
    return path


def cells(frame):
    """What stands in the cells of a table as CSV, the header first, as any program reads them."""
    return list(csv.reader(io.StringIO(csv_bytes(frame).decode(), newline="")))


@pytest.mark.parametrize(
    "text", ["=cmd|calc!A0", "+1+1", "-rf", "@sum", "-", "\t=1", "\r=1", "\n=1", "＝1", "--1"]
)
def test_what_a_spreadsheet_would_run_stands_behind_an_apostrophe_columns_as_well(text):
    assert cells(pd.DataFrame({text: [text]})) == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["a=1", "'quoted'", "'", "", "-27", "+3.5", "1e-3", "3-4", " =1"])
def test_other_texts_stay_as_they_are(text):
    assert cells(pd.DataFrame({"a": [text], "b": [0]}))[1] == [text, "0"]


def test_numbers_dates_truths_and_gaps_stay_what_they_are():
    frame = pd.DataFrame(
        {"a": [-1.5, None], "b": [-1, 2], "c": [True, False], "d": pd.array([-1, None], dtype="Int64")}
    )
    frame["e"] = pd.Series([-3, None], dtype=object)
    assert cells(frame)[1:] == [["-1.5", "-1", "True", "-1", "-3"], ["", "2", "False", "", ""]]


def test_a_line_end_within_a_text_begins_no_cell():
    assert cells(pd.DataFrame({"note": ["a\r=1", "b\n=1", "c\r\n=1"]}))[1:] == [
        ["a\r=1"],
        ["b\n=1"],
        ["c\r\n=1"],
    ]


texts = st.text() | st.text("'=+-@\t\r\n＝;,\"0. a", max_size=6)


@given(st.lists(texts, min_size=1, max_size=5), texts)
@settings(deadline=None)
def test_every_text_comes_back_and_none_begins_like_a_formula(tmp_path_factory, values, name):
    for row in cells(pd.DataFrame({name: values, "a number": -1.5})):
        assert is_number(row[0]) or not row[0].startswith(tuple("=+-@\t\r\n＝＋－＠"))
        assert row[1] in ("a number", "-1.5")
    # With a word at its end, so that no text comes back as a number or a gap.
    whole = [f"{text}x" for text in values]
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(csv_bytes(pd.DataFrame({f"{name}x": whole})))
    read = read_frame(path)
    assert (read.columns.tolist(), read.iloc[:, 0].tolist()) == ([f"{name}x"], whole)


def is_number(text):
    try:
        return bool(text) and float(text) is not None
    except ValueError:
        return False


def test_a_text_that_has_an_apostrophe_of_its_own_is_told_from_one_that_got_it(tmp_path):
    values = ["=1", "'=1", "''=1", "'=", "'a", "it's"]
    path = tmp_path / "notes.csv"
    path.write_bytes(csv_bytes(pd.DataFrame({"'=x": values})))
    assert read_frame(path)["'=x"].tolist() == values
    assert [row[0] for row in cells(read_frame(path))[1:]] == ["'=1", "''=1", "'''=1", "''=", "'a", "it's"]


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
