import numpy as np
import pytest

from coin_xai.matching.alignment import Found
from coin_xai.matching.cut_out import Frame
from tasks.photographs.view_chunks import (
    EXPECTED,
    files_of,
    joined,
    packed,
    read_arrays,
    require_expected,
    unpacked,
)

GENERATOR = np.random.default_rng(5)


def some(*frames):
    """Return coins in frames, with any cells around them."""
    cells, seen = (GENERATOR.random((len(frames), *shape)) for shape in ((32, 32, 9), (32, 32)))
    return Found(frames, cells.astype(np.float16), seen.astype(np.float16))


def a_mask(*shape):
    return GENERATOR.random(shape) < 0.5


FRAMES = Frame(0, 15, 90), Frame(0.5, -3.25, 80.125, mask=a_mask(7, 9)), Frame(1, 2, 3, mask=a_mask(3, 5))


def assert_same(found, expected):
    for one, other in zip(found.frames, expected.frames, strict=True):
        assert (one.left, one.top, one.side) == (other.left, other.top, other.side)
        np.testing.assert_equal(one.mask, other.mask)
    np.testing.assert_array_equal(found.cells, expected.cells)
    np.testing.assert_array_equal(found.seen, expected.seen)


@pytest.mark.parametrize("frames", [FRAMES, FRAMES[:1]])
def test_what_is_packed_is_as_expected_and_is_unpacked_again(frames):
    found = some(*frames)
    arrays = packed(found)
    require_expected(arrays, "found", len(frames))
    assert_same(unpacked(arrays), found)


def test_parts_are_joined_whatever_their_masks_and_however_whole_their_places():
    whole = some(*FRAMES)
    parts = [
        (rows, packed(Found([FRAMES[row] for row in rows], whole.cells[rows], whole.seen[rows])))
        for rows in ([0], [2, 1])
    ]
    arrays = joined(parts, 3)
    require_expected(arrays, "found", 3)
    assert_same(unpacked(arrays), whole)


def test_files_are_read_by_their_names(tmp_path):
    arrays = packed(some(*FRAMES))
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "._cells.npy").write_bytes(b"\0")
    assert files_of("found") == {path.name for path in tmp_path.glob("[!.]*")}
    read = read_arrays(tmp_path, "found", 3)
    assert read.keys() == EXPECTED["found"].keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
    with pytest.raises(
        ValueError, match=r"cells: float16 \(3, 32, 32, 9\) instead of float16 \(4, 32, 32, 9\)"
    ):
        read_arrays(tmp_path, "found", 4)
    with pytest.raises(ValueError, match=r"cells: float16 \(3, 32, 32, 9\) instead of float32"):
        read_arrays(tmp_path, "turned", 3)
    (tmp_path / "seen.npy").unlink()
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path, "found", 3)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x93NUMPY\1\0\4\0{}  "])
def test_what_is_no_array_is_refused(tmp_path, content):
    for file in files_of("turned"):
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_arrays(tmp_path, "turned", 3)


def test_objects_are_not_read(tmp_path):
    for file in files_of("turned"):
        np.save(tmp_path / file, np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        read_arrays(tmp_path, "turned", 1)


@pytest.mark.parametrize(
    "odd",
    [
        lambda _: {},
        lambda arrays: {name: array for name, array in arrays.items() if name != "seen"},
        lambda arrays: {**arrays, "more": arrays["seen"]},
        lambda arrays: {name: array[:2] for name, array in arrays.items()},
        lambda arrays: {**arrays, "seen": arrays["seen"].astype(np.float32)},
        lambda arrays: {**arrays, "cells": arrays["cells"][:, :, :8]},
        lambda arrays: {**arrays, "masks": arrays["masks"][..., None]},
        lambda arrays: {**arrays, "masks": arrays["masks"].astype(bool)},
        lambda arrays: {**arrays, "places": np.array(["here", "there", "nowhere"])},
    ],
)
def test_what_is_not_expected_is_refused(odd):
    arrays = packed(some(*FRAMES))
    require_expected(arrays, "found", 3)
    with pytest.raises(ValueError, match="instead of"):
        require_expected(odd(arrays), "found", 3)
