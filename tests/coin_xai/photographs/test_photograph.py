import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms

from coin_xai.errors import PhotographError
from coin_xai.photographs.photograph import MOST_PIXELS, Photograph, decode, upright_size

WHITE, GREY, RED = (255, 255, 255), (120, 120, 120), (200, 30, 10)


def mosaic(height=64, width=96, seed=0):
    """A picture of sixteen-pixel tiles, which JPEG keeps almost exactly."""
    tiles = np.random.default_rng(seed).integers(0, 256, (height // 16, width // 16, 3))
    return np.kron(tiles, np.ones((16, 16, 1))).astype(np.uint8)


def encoded(picture, kind, **options):
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(data, short_side_px=64):
    return decode(data, name="x", short_side_px=short_side_px).pixels


def difference(first, second):
    assert first.shape == second.shape
    return int(np.abs(first.astype(int) - np.asarray(second).astype(int)).max())


LOSSLESS = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_every_kind_of_file_gives_its_pixels(kind):
    photograph = decode(encoded(mosaic(), kind, **LOSSLESS.get(kind, {})), name="x", short_side_px=64)
    assert difference(photograph.pixels, mosaic()) <= (2 if kind == "JPEG" else 0)
    assert (photograph.width, photograph.height, photograph.format) == (96, 64, kind)


TURNS = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: np.rot90(upright, 2),
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright.transpose(1, 0, 2), 2),
    8: lambda upright: np.rot90(upright, -1),
}
"""What the camera stored of an upright picture, by EXIF orientation: its row 0 and column 0 are the top and
the left of the picture in 1, top and right in 2, bottom and right in 3, bottom and left in 4, left and top
in 5, right and top in 6, right and bottom in 7, left and bottom in 8 (EXIF 2.32, tag 0112)."""


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_photograph_is_turned_as_its_exif_says(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TURNS[orientation](mosaic()))
    data = encoded(stored, kind, exif=exif, **LOSSLESS.get(kind, {}))
    photograph = decode(data, name="x", short_side_px=64)
    assert difference(photograph.pixels, mosaic()) <= (2 if kind == "JPEG" else 0)
    assert (photograph.width, photograph.height) == upright_size(data, name="x") == (96, 64)


def test_the_size_of_what_is_no_photograph_is_a_reason_with_its_name():
    for data in (b"", b"<svg/>"):
        with pytest.raises(PhotographError, match=r"^mask\.png "):
            upright_size(data, name="mask.png")


def test_a_turned_jpeg_that_is_decoded_small_keeps_its_true_size():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(mosaic(1600, 1616), "JPEG", exif=exif)
    photograph = decode(data, name="x", short_side_px=64)
    assert (photograph.width, photograph.height) == (1600, 1616)


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_greys_of_sixteen_bits_are_scaled_and_not_clipped(kind, byte_order):
    levels = np.array([[0, 128, 129, 257], [32768, 51400, 65406, 65535]], dtype=np.uint16)
    data = encoded(np.kron(levels, np.ones((16, 16), np.uint16)).astype(f"{byte_order}u2"), kind)
    expected = np.round(levels.astype(np.float64) * 255 / 65535)
    assert np.array_equal(pixels(data, 32)[8::16, 8::16, 1], expected)


@pytest.mark.parametrize("number", [np.int32, np.float32])
def test_greys_of_thirty_two_bits_are_refused(number):
    data = encoded(Image.fromarray(np.full((32, 32), 70_000, dtype=number)), "TIFF")
    with pytest.raises(PhotographError, match=r"BN_1\.tif has greys of 32 bits.*save it with 8 or 16 bits"):
        decode(data, name="BN_1.tif")


def test_transparency_is_laid_on_white():
    half = np.zeros((32, 32, 4), np.uint8)
    half[:, :16] = (*RED, 255)
    half[:, 16:] = (*RED, 102)
    mixed = tuple(round(0.4 * own + 0.6 * 255) for own in RED)
    found = pixels(encoded(half, "PNG"), 32)
    assert difference(found[:, :16], np.full((32, 16, 3), RED)) == 0
    assert difference(found[:, 16:], np.full((32, 16, 3), mixed)) <= 1


def test_a_grey_with_alpha_is_laid_on_white():
    grey = np.zeros((32, 32, 2), np.uint8)
    grey[..., 0], grey[:16, :, 1] = 120, 255
    found = pixels(encoded(Image.fromarray(grey, "LA"), "PNG"), 32)
    assert (found[4, 4].tolist(), found[-4, -4].tolist()) == (list(GREY), list(WHITE))


@pytest.mark.parametrize("transparency", [0, b"\x00\xff"])
def test_a_palette_keeps_colours_and_transparency(transparency):
    image = Image.new("P", (32, 32), 1)
    image.putpalette([9, 9, 9, *RED])
    image.paste(0, (0, 0, 16, 32))
    found = pixels(encoded(image, "PNG", transparency=transparency), 32)
    assert (found[4, 4].tolist(), found[4, -4].tolist()) == (list(WHITE), list(RED))


def test_black_and_white_becomes_black_and_white():
    image = Image.new("1", (32, 32), 1)
    image.paste(0, (0, 0, 16, 32))
    found = pixels(encoded(image, "TIFF", compression="group4"), 32)
    assert (found[4, 4].tolist(), found[4, -4].tolist()) == ([0, 0, 0], list(WHITE))


def test_a_cmyk_jpeg_as_photoshop_writes_it_has_its_colours():
    inks = np.empty((32, 32, 4), np.uint8)
    inks[:] = (40, 200, 90, 60)
    data = encoded(Image.fromarray(inks, "CMYK"), "JPEG", quality=100)
    assert b"Adobe" in data
    expected = [(255 - ink) * (255 - 60) / 255 for ink in (40, 200, 90)]
    assert difference(pixels(data, 32), np.full((32, 32, 3), np.round(expected))) <= 2


def swapped_primaries():
    """The sRGB profile with red and blue exchanged, by the names of two tags."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    head, tags = profile[:128], profile[128:]
    tags = tags.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)
    return head + tags


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_an_embedded_colour_profile_is_converted_to_srgb(kind):
    data = encoded(mosaic(), kind, icc_profile=swapped_primaries(), **LOSSLESS.get(kind, {}))
    assert difference(pixels(data), mosaic()[..., ::-1]) <= 4


def test_a_profile_that_is_broken_or_of_other_colours_is_ignored():
    assert difference(pixels(encoded(mosaic(), "PNG", icc_profile=b"broken")), mosaic()) == 0
    grey = np.ascontiguousarray(mosaic()[..., 0])
    found = pixels(encoded(grey, "PNG", icc_profile=swapped_primaries()))
    assert difference(found, np.repeat(grey[..., None], 3, axis=2)) == 0


def test_of_several_frames_the_first_is_taken():
    others = [Image.fromarray(mosaic(seed=seed)) for seed in (1, 2)]
    animated = encoded(mosaic(), "WEBP", save_all=True, append_images=others, lossless=True)
    pages = encoded(mosaic(), "TIFF", save_all=True, append_images=others)
    assert difference(pixels(animated), mosaic()) == 0
    assert difference(pixels(pages), mosaic()) == 0


def lanczos(lines, length):
    """Resize the first axis in float64, straight from the formula of the antialiased Lanczos-3 window."""
    scale = len(lines) / length
    at = (np.arange(length) + 0.5) * scale
    distance = (np.arange(len(lines)) + 0.5 - at[:, None]) / max(scale, 1)
    weights = np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.tensordot(weights, lines, axes=1)


@pytest.mark.parametrize(("height", "width"), [(96, 160), (160, 96), (48, 48)])
def test_the_shorter_side_is_resized_with_antialiasing(height, width):
    picture = np.random.default_rng(0).integers(60, 190, (height, width, 3)).astype(np.uint8)
    found = pixels(encoded(picture, "PNG"))
    tall, wide = (round(side * 64 / min(height, width)) for side in (height, width))
    expected = lanczos(lanczos(picture.astype(np.float64), tall).swapaxes(0, 1), wide).swapaxes(0, 1)
    assert difference(found, np.round(expected)) <= 1


def test_a_jpeg_decoded_at_a_fraction_of_its_size_looks_the_same():
    across, down = np.meshgrid(np.linspace(0, 3, 1200), np.linspace(0, 2, 800))
    picture = (127 + 100 * np.stack([np.sin(across), np.cos(down), np.sin(across + down)], axis=2)).astype(
        "u1"
    )
    small, whole = pixels(encoded(picture, "JPEG", quality=98)), pixels(encoded(picture, "PNG"))
    assert difference(small, whole) <= 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_file_that_is_cut_off_is_refused(kind, share):
    data = encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8), kind)
    with pytest.raises(PhotographError, match=r"^cut\.jpg "):
        decode(data[: int(share * len(data))], name="cut.jpg")


@pytest.mark.parametrize(
    "data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<!doctype html><html>", b"%PDF-1.7", b"\0" * 99]
)
def test_what_only_pretends_to_be_a_photograph_is_refused(data):
    with pytest.raises(PhotographError, match=r"^x\.jpg is no JPEG, PNG, TIFF, WEBP or BMP photograph"):
        decode(data, name="x.jpg")


def test_a_gif_is_refused_though_pillow_could_read_it():
    with pytest.raises(PhotographError, match="is no JPEG"):
        decode(encoded(mosaic(), "GIF"), name="x.jpg")


def test_an_empty_file_is_refused():
    with pytest.raises(PhotographError, match=r"x\.jpg is empty"):
        decode(b"", name="x.jpg")


@pytest.mark.parametrize("shape", [(16, 144), (144, 16)])
def test_a_strip_is_refused(shape):
    with pytest.raises(PhotographError, match=r"more than 8 times as long as wide; crop it to the coin"):
        decode(encoded(np.zeros(shape, np.uint8), "PNG"), name="x")


def png_header(width, height):
    """The beginning of a grey PNG of any size, without its pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize("width", [MOST_PIXELS // 10_000 + 1, 60_000])
def test_too_many_pixels_are_refused_before_they_take_memory(width):
    data = png_header(width, 10_000) + b"\0\0\0\x01IDAT"
    with pytest.raises(PhotographError, match=r"pixels.*give a smaller copy"):
        decode(data, name="x.png")


def test_a_large_photograph_within_the_limit_gives_no_warning(recwarn):
    limit = Image.MAX_IMAGE_PIXELS
    data = encoded(Image.new("L", (9_600, 9_400), 120), "JPEG")
    assert pixels(data, 32)[0, 0].tolist() == list(GREY)
    assert not recwarn.list
    assert limit == Image.MAX_IMAGE_PIXELS


def test_threads_decode_to_the_same_pixels():
    files = [encoded(mosaic(seed=seed), "PNG", icc_profile=swapped_primaries()) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(pixels, files))
    assert all(np.array_equal(one, pixels(file)) for one, file in zip(together, files, strict=True))


def originals():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A] = 6, "maker", 72.0
    more = {"exif": exif, "icc_profile": swapped_primaries()}
    picture = mosaic(32, 48)
    return {
        "jpeg": encoded(picture, "JPEG", **more),
        "progressive": encoded(picture, "JPEG", progressive=True, **more),
        "cmyk": encoded(Image.fromarray(picture).convert("CMYK"), "JPEG"),
        "png": encoded(Image.fromarray(picture).convert("RGBA"), "PNG", **more),
        "palette": encoded(Image.fromarray(picture).convert("P"), "PNG", transparency=b"\x00\x80"),
        "sixteen bits": encoded(picture[..., 0].astype(np.uint16) * 257, "PNG"),
        "tiff": encoded(picture, "TIFF", **more),
        "packed tiff": encoded(picture, "TIFF", compression="tiff_adobe_deflate"),
        "webp": encoded(picture, "WEBP", **more),
        "bmp": encoded(picture, "BMP"),
    }


@pytest.mark.parametrize("which", originals())
def test_a_damaged_file_gives_a_photograph_or_a_reason_and_nothing_else(which, recwarn):
    original, chance = originals()[which], np.random.default_rng(7)
    reasons = 0
    for _ in range(60):
        damaged = bytearray(original)
        # Half of the damage goes to the head, where the decisions are taken.
        for reach in chance.choice([len(damaged), 120], size=chance.integers(1, 8)):
            damaged[chance.integers(min(reach, len(damaged)))] = chance.integers(256)
        if chance.random() < 0.3:
            damaged = damaged[: chance.integers(len(damaged))]
        try:
            photograph = decode(bytes(damaged), name="x", short_side_px=32)
        except PhotographError as error:
            reasons += str(error).startswith("x ")
        else:
            assert isinstance(photograph, Photograph)
            assert photograph.pixels.dtype == np.uint8
            assert min(photograph.pixels.shape[:2]) == 32
    assert reasons > 10
    assert not recwarn.list
