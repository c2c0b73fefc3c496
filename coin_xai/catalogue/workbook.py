"""The cells of an XLSX workbook's first sheet; what one leaves open is refused, never taken for a blank."""

import io
import logging
import re
import zipfile
from contextlib import closing
from typing import Any
from xml.etree import ElementTree

import openpyxl

from coin_xai.catalogue.wording import some
from coin_xai.errors import CatalogueError

log = logging.getLogger(__name__)

LARGEST_UNPACKED_BYTES = 200_000_000
"""Of a workbook, which is a packed archive; a hundred thousand coins with twenty columns need less."""

MAY_BE_OPEN = re.compile(rb"<(?:\w+:)?(?:f|mergeCell)[\s/>]")
CELL, MERGED, EMPTIED = "}c", "}mergeCell", ("}c", "}row")
"""How the names of elements end, behind the address of their namespace."""


def xlsx_rows(data: bytes, name: str) -> list[tuple[Any, ...]]:
    """Return the values of the first sheet, of formulas the results that a spreadsheet has kept.

    Args:
        data: content of the file.
        name: of the file, for messages.

    Raises:
        CatalogueError: it is no workbook or grows too large, has merged cells, of which one alone holds what
            is meant for all, or formulas that no spreadsheet has computed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > LARGEST_UNPACKED_BYTES:
                raise CatalogueError(
                    f"{name} grows to {unpacked / 1e6:.0f} MB when it is unpacked; save its table as CSV"
                )
            with closing(
                openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            ) as workbook:
                sheet, *others = workbook.worksheets
                if others:
                    log.warning(
                        "%s has %d sheets; only the first, %s, is read", name, 1 + len(others), sheet.title
                    )
                # Read in rows, openpyxl tells no merged cells, and only here which file the sheet is.
                _refuse_what_is_open(archive.read(sheet._worksheet_path), name)
                # Some programs state a size of the sheet that leaves cells out.
                sheet.reset_dimensions()
                return list(sheet.iter_rows(values_only=True))
    except CatalogueError:
        raise
    # A broken workbook makes openpyxl raise almost anything.
    except Exception as error:
        raise CatalogueError(f"{name} is no readable XLSX workbook ({error}); save it anew") from error


def _refuse_what_is_open(sheet: bytes, name: str) -> None:
    if not MAY_BE_OPEN.search(sheet):
        return
    merged, uncomputed = [], []
    for _, element in ElementTree.iterparse(io.BytesIO(sheet)):
        if element.tag.endswith(MERGED):
            merged.append(element.get("ref", ""))
        if element.tag.endswith(CELL):
            kinds = {child.tag.rpartition("}")[2]: child.text for child in element}
            # A computed text may be empty, and is said to be a text then.
            if "f" in kinds and not kinds.get("v") and element.get("t") != "str":
                uncomputed.append(element.get("r", ""))
        if element.tag.endswith(EMPTIED):
            element.clear()
    if merged:
        raise CatalogueError(
            f"{name} has merged cells, of which the first alone holds the value: {some(merged)}; split them "
            "and fill in each cell"
        )
    if uncomputed:
        raise CatalogueError(
            f"{name} has formulas that nobody has computed: {some(uncomputed)}; open it in a spreadsheet and "
            "save it, or put values in their place"
        )
