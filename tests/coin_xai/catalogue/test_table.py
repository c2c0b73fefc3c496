import contextlib
import datetime
import io
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_xai.catalogue import read_table
from coin_xai.errors import CatalogueError
from storage.tables import csv_bytes


def from_csv(text, encoding="utf-8"):
    return read_table(text.encode(encoding), name="coins.csv")


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"sheet {number}")
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def from_xlsx(*sheets):
    return read_table(workbook(*sheets), name="coins.xlsx")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_of_every_usual_kind_is_read(delimiter, line_end, encoding):
    rows = [["file", "Gewicht", "Prägeort"], ["a.jpg", '"3,14"', "Köln"], ["b.jpg", "", "007"]]
    table = from_csv(line_end.join(delimiter.join(row) for row in rows), encoding)
    assert table.columns.tolist() == ["file", "Gewicht", "Prägeort"]
    assert table.to_numpy().tolist() == [["a.jpg", "3,14", "Köln"], ["b.jpg", None, "007"]]


def test_values_stay_text():
    table = from_csv("a,b,c,d\nNA,null,007,1.0\n")
    assert table.to_numpy().tolist() == [["NA", "null", "007", "1.0"]]


@pytest.mark.parametrize(
    "header",
    [
        '"weight, diameter, axis";file',
        'file;"a,b,c"',
        '"a;b";"c,d,e"',
        '"say ""x, y, z""";file',
        '\n\n"a,b,c\nd,e";file',
    ],
)
def test_a_delimiter_inside_of_quotes_misleads_nobody(header):
    table = from_csv(f"{header}\n1;2\n")
    assert table.to_numpy().tolist() == [["1", "2"]]


def test_a_cell_may_hold_lines_and_quotes():
    table = from_csv('file,note\na.jpg,"two\nlines, ""quoted"""\n')
    assert table["note"].tolist() == ['two\nlines, "quoted"']


def test_windows_1252_is_read_and_said(caplog):
    table = from_csv("file;Ort\na.jpg;Köln\n", "cp1252")
    assert table["Ort"].tolist() == ["Köln"]
    assert "coins.csv is not UTF-8; read as Windows-1252" in caplog.text


def test_short_rows_are_filled_and_blank_rows_left_out():
    table = from_csv("\na,b,c,,\n1\n\n ,,\n2,3,4,,\n")
    assert table.to_numpy().tolist() == [["1", None, None], ["2", "3", "4"]]
    assert table.index.tolist() == [3, 6]


def test_a_cell_beyond_the_header_is_refused_with_its_row():
    with pytest.raises(CatalogueError, match=r"row 4 of coins\.csv has more cells than .*\(2\).*'14'"):
        from_csv("file,weight\na.jpg,1\n\nb.jpg,3,14\n")
    with pytest.raises(CatalogueError, match=r"row 2 of coins\.xlsx has more cells"):
        from_xlsx([["file"], ["a.jpg", "x"]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no rows below its header"),
        ("file,weight\n", "no rows below its header"),
        ("file,,weight\na,b,c\n", r"without a name of their own: \(no name\)"),
        ("file,x,x\na,b,c\n", "without a name of their own: x"),
        ('file,x\na,"b\n', "no proper CSV at line 2"),
        ("file\0,x\na,b\n", "neither CSV nor XLSX"),
    ],
)
def test_what_is_no_table_is_refused(text, words):
    with pytest.raises(CatalogueError, match=rf"coins\.csv.*{words}"):
        from_csv(text)


def test_bytes_of_no_known_encoding_are_refused():
    with pytest.raises(CatalogueError, match="neither UTF-8 nor Windows-1252; save it as UTF-8"):
        read_table(b"file,x\n\x81\x8d,1\n", name="coins.csv")


def test_the_cells_of_a_workbook_become_the_text_that_a_person_sees():
    moment = datetime.datetime(2020, 5, 1, 13, 30)
    table = from_xlsx(
        [
            ["file", "text", "whole", "broken", "day", "moment", "number as text"],
            ["a.jpg", "NA", 3023, 3.14, datetime.date(2020, 5, 1), moment, "007"],
            ["b.jpg", None, 3024.0, 1e-3, None, moment.time(), " "],
        ]
    )
    assert table.to_numpy().tolist() == [
        ["a.jpg", "NA", "3023", "3.14", "2020-05-01", "2020-05-01T13:30:00", "007"],
        ["b.jpg", None, "3024", "0.001", None, "13:30:00", None],
    ]


def test_only_the_first_sheet_is_read_and_that_is_said(caplog):
    table = from_xlsx([["file"], ["a.jpg"]], [["file"], ["b.jpg"]])
    assert table["file"].tolist() == ["a.jpg"]
    assert "coins.xlsx has 2 sheets; only the first, sheet 0, is read" in caplog.text


def test_rows_keep_the_numbers_of_the_workbook():
    assert from_xlsx([[], ["file"], [], ["a.jpg"]]).index.tolist() == [4]


def test_a_workbook_that_states_a_wrong_size_is_read_whole():
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["file", "x"], ["a.jpg", "1"]]))) as old,
        zipfile.ZipFile(changed, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'dimension ref="A1:B2"', b'dimension ref="A1"'))
    assert read_table(changed.getvalue(), name="x").to_numpy().tolist() == [["a.jpg", "1"]]


@pytest.mark.parametrize("data", [workbook([["file"], ["a.jpg"]])[:900], b"PK\x03\x04 no archive"])
def test_a_broken_workbook_is_refused(data):
    with pytest.raises(CatalogueError, match=r"coins\.xlsx is no readable XLSX workbook.*save it anew"):
        read_table(data, name="coins.xlsx")


@pytest.fixture(scope="module")
def small_workbook():
    """The members of a true workbook."""
    book = openpyxl.Workbook()
    for row in (("path", "cluster"), ("a.jpg", 0), ("b.jpg", 1.5), (datetime.date(2020, 1, 2), None)):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def a_table_or_our_error(data):
    with contextlib.suppress(CatalogueError):
        table = read_table(data, name="coins")
        assert len(table.columns)
        assert all(value is None or isinstance(value, str) for value in table.to_numpy().ravel())


@given(st.binary(max_size=200) | st.text(alphabet='ab,;\t"\r\n é', max_size=80).map(str.encode))
@settings(deadline=None)
def test_noise_ends_in_a_table_or_in_our_error(data):
    a_table_or_our_error(data)


@pytest.mark.filterwarnings("ignore")
@given(st.data())
@settings(deadline=None)
def test_a_damaged_workbook_ends_in_a_table_or_in_our_error(small_workbook, data):
    hurt = data.draw(st.sampled_from(sorted(small_workbook)))
    content = bytearray(small_workbook[hurt])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, member in small_workbook.items():
            archive.writestr(name, bytes(content) if name == hurt else member)
    whole = bytearray(buffer.getvalue())
    whole[data.draw(st.integers(4, len(whole) - 1))] ^= data.draw(st.sampled_from([0, 1, 128]))
    a_table_or_our_error(bytes(whole))


def test_a_workbook_made_to_fill_the_memory_is_not_unpacked(small_workbook, monkeypatch):
    monkeypatch.setattr("coin_xai.catalogue.workbook.LARGEST_UNPACKED_BYTES", 100_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in small_workbook.items():
            archive.writestr(name, member + b" " * 50_000 if name.endswith(".xml") else member)
    with pytest.raises(CatalogueError, match="grows to 0 MB when it is unpacked; save its table as CSV"):
        read_table(buffer.getvalue(), name="coins.xlsx")


def test_parquet_is_read_as_the_same_text():
    table = pd.DataFrame(
        {"file": ["a.jpg", "b.jpg"], "weight": [3.5, None], "axis": [6.0, 12.0], "found": ["", "Köln"]}
    )
    table["struck"] = [datetime.date(2024, 2, 3), None]
    file = io.BytesIO()
    table.set_index("file").to_parquet(file)
    found = read_table(file.getvalue(), name="coins.parquet")
    assert found.columns.tolist() == ["file", "weight", "axis", "found", "struck"]
    assert found.to_numpy().tolist() == [
        ["a.jpg", "3.5", "6", None, "2024-02-03"],
        ["b.jpg", None, "12", "Köln", None],
    ]
    assert found.index.tolist() == [2, 3]


def test_damaged_parquet_is_told():
    with pytest.raises(CatalogueError, match=r"coins\.parquet is no readable Parquet table"):
        read_table(b"PAR1 and then nothing", name="coins.parquet")


shown = st.text("'=+-@\t＝;,\"0. a", min_size=1, max_size=6) | st.text(
    st.characters(exclude_categories=("Cc", "Cs")), min_size=1
)


@given(st.lists(shown.filter(str.strip), min_size=1, max_size=4))
@settings(deadline=None)
def test_texts_of_our_own_tables_come_back_without_what_kept_them_from_being_run(values):
    table = pd.DataFrame({"coin_id": "a", "=1+1": values})
    read = read_table(csv_bytes(table), name="coins.csv")
    assert read.columns.tolist() == ["coin_id", "=1+1"]
    assert read["=1+1"].tolist() == [text.strip() for text in values]


def test_a_spreadsheet_that_kept_the_apostrophe_gives_the_text_back_and_parquet_has_none():
    rows = [["coin_id", "'=x"], ["'=cmd|calc!A0", "'Abd"], ["''=1", "it's"]]
    texts = [["coin_id", "=x"], ["=cmd|calc!A0", "'Abd"], ["'=1", "it's"]]
    table = from_xlsx(rows)
    assert [table.columns.tolist(), *table.to_numpy().tolist()] == texts
    file = io.BytesIO()
    pd.DataFrame(rows[1:], columns=rows[0]).to_parquet(file)
    table = read_table(file.getvalue(), name="coins.parquet")
    assert [table.columns.tolist(), *table.to_numpy().tolist()] == rows
