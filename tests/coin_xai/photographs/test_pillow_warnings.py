import io
import threading
import warnings

import numpy as np
import pytest
from PIL import Image

from coin_xai.photographs.pillow_warnings import without_pillow_warnings
from tests.waiting import PATIENCE_S


def open_with_damaged_exif():
    file = io.BytesIO()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(file, "PNG", exif=exif)
    Image.open(file).getexif().get(0x0112)


def test_pillow_warns_outside_and_not_inside():
    with pytest.warns(UserWarning, match="Corrupt EXIF"):
        open_with_damaged_exif()
    with without_pillow_warnings():
        open_with_damaged_exif()


def test_the_warnings_of_others_stay():
    with pytest.warns(UserWarning, match="of ours"), without_pillow_warnings():
        warnings.warn("of ours", stacklevel=1)


def test_the_filters_are_as_before_even_after_an_error():
    before = list(warnings.filters)
    with without_pillow_warnings():
        assert list(warnings.filters) != before
    assert list(warnings.filters) == before
    with pytest.raises(ZeroDivisionError), without_pillow_warnings():
        raise ZeroDivisionError
    assert list(warnings.filters) == before


def test_of_two_threads_the_one_that_leaves_last_ends_the_quiet():
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with without_pillow_warnings():
            inside.set()
            leave.wait(PATIENCE_S)

    other = threading.Thread(target=stay)
    other.start()
    assert inside.wait(PATIENCE_S)
    with without_pillow_warnings():
        pass
    open_with_damaged_exif()
    leave.set()
    other.join()
    assert list(warnings.filters) == before


def test_nothing_is_left_behind_when_the_filters_were_exchanged_meanwhile():
    before = list(warnings.filters)
    quiet = without_pillow_warnings()
    quiet.__enter__()
    with warnings.catch_warnings():
        quiet.__exit__(None, None, None)
        assert list(warnings.filters) == before
    assert list(warnings.filters) == before
