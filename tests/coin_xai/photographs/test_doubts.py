import io

import numpy as np
import pytest
from PIL import Image

from coin_xai.photographs.doubts import BLANK, SEVERAL, TINY, doubts
from coin_xai.photographs.photograph import decode

NOISE = np.random.default_rng(0).integers(0, 256, (4, 40, 48, 3), dtype=np.uint8)
FRAMES = [Image.fromarray(frame) for frame in NOISE]


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def found(data):
    photograph = decode(data, name="a")
    return doubts(data, photograph.pixels, width=photograph.width, height=photograph.height)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_a_photograph_gives_no_doubt(kind):
    assert found(saved(FRAMES[0], kind)) == []


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_films_and_files_of_several_pages_are_told_by_the_first_picture(kind):
    data = saved(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:])
    assert found(data) == [SEVERAL]


def test_a_further_page_that_cannot_be_read_is_one():
    data = saved(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:])
    at = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[at : at + 2], "little")
    following = at + 2 + 12 * entries
    damaged = data[:following] + (len(data) - 3).to_bytes(4, "little") + data[following + 4 :]
    assert found(damaged) == [SEVERAL]


def test_what_a_telephone_keeps_behind_a_photograph_is_none_of_several():
    assert found(saved(FRAMES[0], "MPO", save_all=True, append_images=FRAMES[1:])) == []


@pytest.mark.parametrize(("size", "expected"), [((1, 1), [TINY, BLANK]), ((31, 60), [TINY]), ((32, 60), [])])
def test_few_pixels_are_told(size, expected):
    assert found(saved(FRAMES[0].resize(size), "PNG")) == expected


def test_a_picture_of_one_colour_is_told_and_one_of_two_is_not():
    white = Image.new("RGB", (60, 40), "white")
    assert found(saved(white, "JPEG")) == [BLANK]
    white.paste("black", (0, 0, 30, 40))
    assert found(saved(white, "PNG")) == []
