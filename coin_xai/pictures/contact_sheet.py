"""Many pictures on one sheet, side by side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from coin_xai.errors import OptionError


def contact_sheet(
    pictures: Sequence[NDArray[np.uint8]], *, columns: int, tile_px: int, captions: Sequence[str] = ()
) -> NDArray[np.uint8]:
    """Put pictures side by side on white, row by row, each fitted into a square tile, with a line below.

    Args:
        pictures: H x W or H x W x 3 each, of any size.
        columns: tiles in a row.
        tile_px: side of a tile.
        captions: none, or one for each picture.
    """
    if not pictures or columns < 1 or tile_px < 1 or len(captions) not in (0, len(pictures)):
        raise OptionError(
            f"{len(pictures)} pictures, {len(captions)} captions, {columns} columns, {tile_px} pixels: "
            "expected one picture or more, as many captions or none, and positive sizes"
        )
    gap = max(2, tile_px // 32)
    font = ImageFont.load_default(max(10, tile_px // 14))
    line = 2 * gap + round(font.getbbox("Ag")[3]) if captions else gap
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (tile_px + gap) + gap, rows * (tile_px + line) + gap), "white")
    draw = ImageDraw.Draw(sheet)
    for position, picture in enumerate(pictures):
        left = gap + position % columns * (tile_px + gap)
        top = gap + position // columns * (tile_px + line)
        tile = Image.fromarray(picture)
        scale = tile_px / max(tile.size)
        fitted = tile.resize((max(1, round(tile.width * scale)), max(1, round(tile.height * scale))))
        sheet.paste(fitted, (left + (tile_px - fitted.width) // 2, top + (tile_px - fitted.height) // 2))
        if captions:
            middle = (left + tile_px // 2, top + tile_px + gap // 2)
            draw.text(middle, captions[position], fill="black", font=font, anchor="ma")
    return np.array(sheet)
