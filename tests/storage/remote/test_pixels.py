import json
import secrets
import shutil

import numpy as np
import pytest

from storage.errors import DamagedError, MissingError, PlaceError
from storage.pixel_cache import PixelCache, damages, read_pixels
from storage.remote.pixels import bring_pixels, send_pixels
from storage.remote.store import open_store

SHAPES = {"a" * 64: (4, 6, 3), "b" * 64: (8, 5, 3), "c" * 64: (3, 3, 3)}


@pytest.fixture
def arrays():
    numbers = np.random.default_rng(1)
    return {sha256: numbers.integers(0, 256, shape, dtype=np.uint8) for sha256, shape in SHAPES.items()}


@pytest.fixture
def pixels(arrays, tmp_path):
    """The folder of three decoded photographs."""
    return append(tmp_path / "pixels", arrays)


@pytest.fixture
def shared():
    """The folder of decoded photographs of a store in this process's memory."""
    return open_store(f"memory://{secrets.token_hex(8)}").pixels("decoded-256px")


def append(folder, arrays):
    with PixelCache.open(folder) as cache:
        for sha256, array in arrays.items():
            cache.append(sha256, array, original_width=1200, original_height=800, format="JPEG")
    return folder


def found(folder, sha256):
    data, offset, height, width = read_pixels(folder, [sha256])
    return data[offset[0] :][: height[0] * width[0] * 3].reshape(height[0], width[0], 3)


def test_arrays_come_back_as_they_were_and_only_those_that_are_lacking(pixels, arrays, shared, tmp_path):
    send_pixels(pixels, shared, "celts", SHAPES)
    other = append(tmp_path / "other", {"b" * 64: arrays["b" * 64]})
    size = (other / "pixels.bin").stat().st_size
    bring_pixels(other, shared, "celts", ["a" * 64, "b" * 64])
    for sha256 in ("a" * 64, "b" * 64):
        assert (found(other, sha256) == arrays[sha256]).all()
    assert (other / "pixels.bin").stat().st_size == size + 4 * 6 * 3
    with PixelCache.open(other) as cache:
        row, expected = (
            cache.lookup("a" * 64),
            {"original_width": 1200, "original_height": 800, "format": "JPEG"},
        )
        assert row.items() >= expected.items()
    assert damages(other) == []
    assert {path.name for path in other.iterdir()} == {"index.parquet", "pixels.bin", "pixels.lock"}


def test_a_collection_is_sent_once(pixels, shared, monkeypatch):
    send_pixels(pixels, shared, "celts", SHAPES)
    monkeypatch.setattr(type(shared), "opened", None)
    shutil.rmtree(pixels)
    send_pixels(pixels, shared, "celts", SHAPES)


def test_what_was_not_sent_to_its_end_is_not_there(pixels, shared, tmp_path):
    send_pixels(pixels, shared, "celts", SHAPES)
    shared.remove(["celts.json"])
    bring_pixels(tmp_path / "other", shared, "celts", SHAPES)
    assert not (tmp_path / "other").exists()


def test_what_is_not_decoded_cannot_be_sent(pixels, shared):
    with pytest.raises(MissingError, match="lacks the pixels of 1 photograph;"):
        send_pixels(pixels, shared, "celts", [*SHAPES, "d" * 64])
    assert shared.sizes() == {}


def spoil_data(shared, _marker):
    content = bytearray(shared.read("celts.bin"))
    content[5] ^= 1
    shared.write("celts.bin", bytes(content))


def remove_data(shared, _marker):
    shared.remove(["celts.bin"])


def change(**values):
    def spoil(shared, marker):
        shared.write("celts.json", json.dumps({**marker, **values}).encode())

    return spoil


def change_first(**values):
    def spoil(shared, marker):
        marker["arrays"][0].update(values)
        shared.write("celts.json", json.dumps(marker).encode())

    return spoil


def leave_out(name):
    def spoil(shared, marker):
        del marker["arrays"][0][name]
        shared.write("celts.json", json.dumps(marker).encode())

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_data,
        remove_data,
        change(sha256="0" * 64),
        change(bytes=1),
        change(arrays=None),
        change(arrays=[]),
        change(arrays=[1]),
        change_first(height=-4),
        change_first(height=10**12),
        change_first(height="4"),
        change_first(width=True),
        leave_out("crc32"),
        leave_out("format"),
    ],
)
def test_what_is_damaged_is_not_brought(spoil, pixels, shared, tmp_path, caplog):
    send_pixels(pixels, shared, "celts", SHAPES)
    spoil(shared, shared.read_json("celts.json"))
    bring_pixels(tmp_path / "other", shared, "celts", SHAPES)
    assert "damaged" in caplog.text or "is gone" in caplog.text
    with pytest.raises(MissingError):
        read_pixels(tmp_path / "other", list(SHAPES))


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".."])
def test_no_name_in_a_record_leads_elsewhere(name, pixels, shared):
    with pytest.raises(DamagedError, match="names no folder of pixels"):
        open_store("memory://museum").pixels(name)
    if name != "a/b":
        with pytest.raises(PlaceError, match="names nothing inside"):
            bring_pixels(pixels, shared, f"{name}/", ["d" * 64])
