import numpy as np
import pytest

from coin_xai.errors import OptionError
from coin_xai.pictures.contact_sheet import contact_sheet


def test_a_contact_sheet_lays_tiles_row_by_row():
    red = np.zeros((10, 20, 3), np.uint8) + np.array([200, 0, 0], np.uint8)
    grey = np.full((30, 30), 90, np.uint8)
    sheet = contact_sheet([red, grey, red], columns=2, tile_px=64)
    assert sheet.shape == (2 * 66 + 2, 2 * 66 + 2, 3)
    assert sheet[34, 34].tolist() == [200, 0, 0]  # twice as wide as high: the middle half of the tile
    assert sheet[10, 34].tolist() == [255, 255, 255]
    assert sheet[34, 100].tolist() == [90, 90, 90]
    assert sheet[100, 34].tolist() == [200, 0, 0]
    assert (sheet[68:, 70:] == 255).all()


def test_captions_stand_below_their_tiles():
    tiles = [np.full((32, 32), 200, np.uint8)] * 2
    with_captions = contact_sheet(tiles, columns=2, tile_px=64, captions=["Augustus", ""])
    below = with_captions[66:]
    assert (below[:, :66] < 100).any()
    assert (below[:, 68:] == 255).all()


@pytest.mark.parametrize(
    "changes", [{"pictures": []}, {"columns": 0}, {"tile_px": 0}, {"captions": ["one", "too many"]}]
)
def test_what_does_not_fit_a_sheet_is_refused(changes):
    arguments = {"pictures": [np.zeros((4, 6, 3), np.uint8)], "columns": 1, "tile_px": 10, **changes}
    with pytest.raises(OptionError, match="expected one picture or more"):
        contact_sheet(arguments.pop("pictures"), **arguments)
