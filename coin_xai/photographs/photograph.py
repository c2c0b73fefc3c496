"""One photograph: opened from its bytes, turned upright, converted to sRGB, resized."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from coin_xai.errors import PhotographError
from coin_xai.photographs.pillow_warnings import without_pillow_warnings

DECODING_VERSION = "decoding-2"
"""Changes whenever the same file would give other pixels."""

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
MOST_PIXELS = 178_000_000
LARGEST_ASPECT_RATIO = 8
SIXTEEN_BIT_MODES = ("I;16", "I;16B", "I;16L", "I;16N")
BOUNDLESS_MODES = ("I", "F")
"""Greys of 32 bits, whole or broken numbers: nothing says which of them is white."""
_SRGB = ImageCms.createProfile("sRGB")


Found = TypeVar("Found")


@dataclass(frozen=True)
class Photograph:
    """A decoded photograph.

    Attributes:
        pixels: sRGB, H x W x 3 uint8; the shorter of H and W is as asked for.
        width: width of the original after turning it upright, in pixels.
        height: height of the original after turning it upright, in pixels.
        format: of the file, as Pillow names it.
    """

    pixels: npt.NDArray[np.uint8]
    width: int
    height: int
    format: str


def decode(data: bytes, *, name: str, short_side_px: int = 256) -> Photograph:
    """Decode the bytes of a JPEG, PNG, TIFF, WebP or BMP file; of several frames, the first.

    The EXIF orientation is applied, an embedded colour profile converted to sRGB, 16-bit greys scaled to
    8 bits, transparency laid on white. The shorter side is resized to `short_side_px` with antialiasing.

    Args:
        data: content of the file.
        name: of the file, for messages.
        short_side_px: length of the shorter side of the result.

    Raises:
        PhotographError: the file is no photograph of these kinds, is cut off, too large or too long, or its
            greys have 32 bits.
    """
    return _opened(data, name, lambda image: _decode(image, name, short_side_px))


def upright_size(data: bytes, *, name: str) -> tuple[int, int]:
    """Return width and height of a photograph after turning it upright, in pixels.

    But for TIFF it is not decoded.

    Raises:
        PhotographError: the file is no photograph of the kinds that `decode` takes.
    """
    return _opened(data, name, _upright_size)


def _opened(data: bytes, name: str, read: Callable[[Image.Image], Found]) -> Found:
    """Return what a function reads off a photograph; whatever goes wrong is an error that names it."""
    if not data:
        raise PhotographError(f"{name} is empty")
    try:
        with without_pillow_warnings(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return read(image)
    except PhotographError:
        raise
    except UnidentifiedImageError:
        raise PhotographError(
            f"{name} is no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} photograph, whatever its name says"
        ) from None
    except Image.DecompressionBombError as error:
        raise PhotographError(f"{name} has too many pixels ({error}); give a smaller copy") from error
    except MemoryError:
        raise PhotographError(f"{name} needs more memory than there is; give a smaller copy") from None
    # A broken file can make Pillow's decoders raise almost anything.
    except Exception as error:
        raise PhotographError(
            f"{name} cannot be read ({type(error).__name__}: {error}); replace it by an undamaged copy"
        ) from error


def _decode(image: Image.Image, name: str, short_side_px: int) -> Photograph:
    kind = image.format or ""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise PhotographError(f"{name} has {width} x {height} pixels; give a smaller copy")
    if max(width, height) > LARGEST_ASPECT_RATIO * min(width, height):
        raise PhotographError(
            f"{name} is {width} x {height} pixels, more than {LARGEST_ASPECT_RATIO} times as long as wide; "
            "crop it to the coin"
        )
    if image.mode in BOUNDLESS_MODES:
        raise PhotographError(
            f"{name} has greys of 32 bits, without a known white; save it with 8 or 16 bits"
        )
    # JPEG can be decoded at a half, quarter or eighth of its size, in a fraction of the time.
    image.draft(None, (2 * short_side_px, 2 * short_side_px))
    upright = ImageOps.exif_transpose(image)
    if _lies(image):
        width, height = height, width
    colours = _to_rgb(upright)
    scale = short_side_px / min(colours.size)
    size = tuple(max(short_side_px, round(side * scale)) for side in colours.size)
    resized = colours.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return Photograph(np.array(resized, dtype=np.uint8), width, height, kind)


def _upright_size(image: Image.Image) -> tuple[int, int]:
    if image.format == "TIFF":
        image.load()  # Pillow turns these by itself, and whether their size is turned before is its affair
    width, height = image.size
    return (height, width) if _lies(image) else (width, height)


def _lies(image: Image.Image) -> bool:
    """Tell whether a photograph is turned by a right angle when it is made upright."""
    return image.getexif().get(0x0112, 1) in (5, 6, 7, 8)


def _to_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode in SIXTEEN_BIT_MODES:
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    elif image.has_transparency_data:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        image = Image.alpha_composite(ground, layered).convert("RGB")
    elif image.mode not in ("RGB", "CMYK", "L"):
        image = image.convert("RGB")
    if profile:
        image = _to_srgb(image, profile)
    return image.convert("RGB")


def _eight_bits(levels: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """Scale 0 to 65535 to 0 to 255, rounding to the nearest."""
    return ((levels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from an embedded profile; one that is broken or of another kind of colours is ignored."""
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB, outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image
