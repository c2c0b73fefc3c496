"""The coins as a workbook of Excel: a thumbnail and a link to the page in each row."""

import io
from collections.abc import Iterator

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.drawing.image import Image as Drawing
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from storage.errors import DamagedError
from tasks.exporting.explained import PHOTOGRAPH, ExplainedCoins, printable

THUMBNAIL_PX, ROW_POINTS = 64, 50.0
WIDTHS = {"coin_id": 20.0, PHOTOGRAPH: 11.0}
LINK, HEADING, MIDDLE = (
    Font(color="0563C1", underline="single"),
    Font(bold=True),
    Alignment(vertical="center"),
)
FIRST = ("cluster", "score", "margin", "stability", "recognised")
"""Columns behind coin and thumbnail; all others follow in the order of the table."""
MOST_LINKS = 65_530
"""That Excel opens in a sheet."""


def workbook(explained: ExplainedCoins) -> bytes:
    """Return the workbook, a row a coin, by cluster; texts are texts, whatever they begin with."""
    coins = explained.coins.sort_values(["cluster", "coin_id"], kind="stable")
    first = [name for name in FIRST if name in coins]
    columns = [*first, *(name for name in coins if name not in ("coin_id", *first))]
    book = Workbook(write_only=True)
    sheet = book.create_sheet("coins")
    sheet.freeze_panes = "C2"
    for number, name in enumerate(("coin_id", PHOTOGRAPH, *columns), 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS.get(name, 14.0)
    for number in range(2, len(coins) + 2):
        sheet.row_dimensions[number].height = ROW_POINTS
    sheet.append([_heading(sheet, name) for name in ("coin_id", PHOTOGRAPH, *columns)])
    for number, row in enumerate(coins.to_dict("records"), 2):
        sheet.append(list(_row(sheet, explained, {str(name): one for name, one in row.items()}, columns)))
        sheet.add_image(_thumbnail(explained, str(row["coin_id"]), int(row["cluster"])), f"B{number}")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _row(
    sheet: Worksheet, explained: ExplainedCoins, row: dict[str, object], columns: list[str]
) -> Iterator[WriteOnlyCell]:
    coin_id = str(row["coin_id"])
    named = _cell(sheet, coin_id)
    if len(explained.coins) <= MOST_LINKS:
        named.hyperlink, named.font = explained.explanation.report.as_uri(), LINK
        named.hyperlink.location = explained.place_on_page(coin_id)
    yield named
    yield _cell(sheet, None)
    for name in columns:
        yield _cell(sheet, row[name])


def _heading(sheet: Worksheet, name: str) -> WriteOnlyCell:
    cell = _cell(sheet, name)
    cell.font = HEADING
    return cell


def _cell(sheet: Worksheet, value: object) -> WriteOnlyCell:
    told = None if value is None or value is pd.NA or value != value else printable(value)
    if not isinstance(told, str | bool | int | float | None):
        told = str(told)
    cell = WriteOnlyCell(sheet, told)
    if isinstance(told, str):
        cell.data_type = "s"  # what begins with = would be a formula
    cell.alignment = MIDDLE
    return cell


def _thumbnail(explained: ExplainedCoins, coin_id: str, cluster: int) -> Drawing:
    """Return the small photograph of a coin as a picture of the workbook."""
    file = explained.thumbnail(coin_id, cluster)
    try:
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
    except OSError as error:
        raise DamagedError(f"{file} cannot be read ({error}); mend it with coin-xai explain") from error
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    encoded = io.BytesIO()
    picture.save(encoded, format="JPEG", quality=80)
    encoded.seek(0)
    return Drawing(encoded)
