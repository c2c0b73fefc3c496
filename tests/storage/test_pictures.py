import numpy as np
import pytest
from PIL import Image

from storage.pictures import write_picture


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (48, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("channels", ["grey", "colour"])
def test_a_png_comes_back_to_the_bit(tmp_path, pixels, channels):
    given = pixels[..., 0] if channels == "grey" else pixels
    write_picture(tmp_path / "coin.png", given)
    with Image.open(tmp_path / "coin.png") as picture:
        assert picture.format == "PNG"
        np.testing.assert_array_equal(np.asarray(picture), given)


@pytest.mark.parametrize("channels", ["grey", "colour"])
def test_a_jpeg_comes_back_nearly(tmp_path, channels):
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    given = np.tile(ramp, (64, 1)) if channels == "grey" else np.stack([np.tile(ramp, (64, 1))] * 3, axis=-1)
    write_picture(tmp_path / "coin.jpg", given)
    with Image.open(tmp_path / "coin.jpg") as picture:
        assert picture.format == "JPEG"
        assert np.abs(np.asarray(picture).astype(int) - given).max() <= 4


def test_what_repeats_in_colours_takes_little(tmp_path, pixels):
    write_picture(tmp_path / "coin.png", np.tile(pixels, (4, 4, 1)))
    assert (tmp_path / "coin.png").stat().st_size < 4 * pixels.nbytes  # of 16 times as many


def test_the_same_pixels_make_the_same_file(tmp_path, pixels):
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / name, pixels)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_another_suffix_is_refused(tmp_path, pixels):
    with pytest.raises(ValueError, match=r"coin\.gif is to be written as none of \.png, \.jpg"):
        write_picture(tmp_path / "coin.gif", pixels)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_disk_that_fills_up_never_keeps_a_part_in_silence(small_disk, fill, suffix):
    large = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    write_picture(small_disk / f"whole{suffix}", large)
    size = (small_disk / f"whole{suffix}").stat().st_size
    # Whatever is left, from nothing to a page less than the picture needs, the error comes.
    for leave in range(0, size - 4096, 4096):
        fill(small_disk, leave=leave)
        with pytest.raises(OSError, match="No space left on device"):
            write_picture(small_disk / f"coin{suffix}", large)
        (small_disk / f"coin{suffix}").unlink(missing_ok=True)
