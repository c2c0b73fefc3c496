import io
import zipfile

import openpyxl
import pytest

from coin_xai.catalogue import read_table
from coin_xai.errors import CatalogueError

ROWS = [["file", "type", "weight"], ["a.jpg", "boar", 1], ["b.jpg", "boar", 2], ["c.jpg", "owl", 3]]


@pytest.fixture
def book():
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    return book


def read(book, change=None):
    file = io.BytesIO()
    book.save(file)
    return read_table(file.getvalue() if change is None else change(file), name="t.xlsx")


def with_sheet(replace):
    """Return what puts other text into the first sheet, as spreadsheets write what openpyxl does not."""

    def change(file):
        changed = io.BytesIO()
        with zipfile.ZipFile(file) as before, zipfile.ZipFile(changed, "w") as after:
            for name in before.namelist():
                content = before.read(name)
                if name.endswith("sheet1.xml"):
                    assert replace[0] in content
                    content = content.replace(*replace)
                after.writestr(name, content)
        return changed.getvalue()

    return change


def test_merged_cells_are_refused_by_their_place(book):
    book.active.merge_cells("B2:B3")
    with pytest.raises(CatalogueError, match=r"t\.xlsx has merged cells, .*: B2:B3; split them"):
        read(book)


def test_formulas_that_nobody_has_computed_are_refused_by_their_place(book):
    book.active["C3"], book.active["C4"] = "=C2+1", "=C3+1"
    with pytest.raises(CatalogueError, match=r"has formulas that nobody has computed: C3, C4; open it"):
        read(book)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b'<c r="C3"><f>C2+1</f><v>2</v></c>', "2"),
        (b'<c r="C3" t="str"><f>"a"</f><v>a</v></c>', "a"),
        (b'<c r="C3" t="str"><f>""</f><v></v></c>', None),
    ],
)
def test_the_kept_result_of_a_formula_is_read_an_empty_text_as_well(book, cell, value):
    book.active["C3"] = "=C2+1"
    table = read(book, with_sheet((b'<c r="C3"><f>C2+1</f><v /></c>', cell)))
    assert table["weight"].tolist() == ["1", value, "3"]


def test_of_other_sheets_nothing_is_refused(book, caplog):
    other = book.create_sheet("other")
    other["A1"] = "=1+1"
    other.merge_cells("B2:B3")
    assert read(book)["type"].tolist() == ["boar", "boar", "owl"]
    assert "only the first, Sheet, is read" in caplog.text
