import numpy as np
import pytest

from storage.atomic import explaining_full_disk
from storage.errors import DamagedError, NoSpaceError
from storage.maps import read_maps, write_maps


@pytest.fixture
def columns():
    draw = np.random.default_rng(0)
    return {
        "logit": draw.normal(size=5).astype(np.float32),
        "no_positive_evidence": np.array([True, False, True, False, False]),
        "class_index": np.arange(5),
        "grad_cam": draw.random((5, 13, 13)).astype(np.float32),
        "guided_backpropagation": draw.normal(size=(5, 3, 8, 6)).astype(np.float16),
    }


COIN_IDS = ["BN_3_R", "BN_1_R", "монета", "a/b", ""]


def test_maps_come_back_to_the_bit_in_the_same_order(tmp_path, columns):
    write_maps(tmp_path / "maps.parquet", COIN_IDS, columns)
    coin_ids, found = read_maps(tmp_path / "maps.parquet")
    assert coin_ids == COIN_IDS
    assert list(found) == list(columns)
    for name, values in columns.items():
        assert found[name].dtype == values.dtype, name
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_numbers_that_are_none_stay(tmp_path):
    maps = np.array([[[np.nan, np.inf], [-np.inf, -0.0]]], dtype=np.float32)
    write_maps(tmp_path / "maps.parquet", ["coin"], {"maps": maps, "score": np.array([np.nan])})
    _, found = read_maps(tmp_path / "maps.parquet")
    np.testing.assert_array_equal(found["maps"].view(np.uint32), maps.view(np.uint32))
    np.testing.assert_array_equal(found["score"], [np.nan])


def test_arrays_that_lie_otherwise_in_memory_are_the_same_maps(tmp_path):
    maps = np.arange(24, dtype=np.float32).reshape(4, 3, 2).transpose(2, 0, 1)
    write_maps(tmp_path / "maps.parquet", ["a", "b"], {"maps": maps})
    np.testing.assert_array_equal(read_maps(tmp_path / "maps.parquet")[1]["maps"], maps)


def test_no_coins_are_no_rows_of_the_same_shape(tmp_path):
    write_maps(tmp_path / "maps.parquet", [], {"maps": np.zeros((0, 3, 2), dtype=np.float32)})
    coin_ids, found = read_maps(tmp_path / "maps.parquet")
    assert coin_ids == []
    assert found["maps"].shape == (0, 3, 2)


def test_the_same_maps_make_the_same_file(tmp_path, columns):
    for name in ("a", "b"):
        write_maps(tmp_path / name, COIN_IDS, columns)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_columns_of_another_length_are_refused(tmp_path, columns):
    with pytest.raises(ValueError, match="logit"):
        write_maps(tmp_path / "maps.parquet", COIN_IDS[:4], columns)


@pytest.mark.parametrize("damage", [lambda data: data[:-100], lambda data: b"x" * len(data), lambda _: b""])
def test_a_file_that_cannot_be_read_is_named(tmp_path, columns, damage):
    path = tmp_path / "maps.parquet"
    write_maps(path, COIN_IDS, columns)
    path.write_bytes(damage(path.read_bytes()))
    told = r"maps\.parquet holds no maps that can be read \(.*; explain it with --reuse hash"
    with pytest.raises(DamagedError, match=told):
        read_maps(path)


def test_a_full_disk_is_said(small_disk):
    noise = np.random.default_rng(0).normal(size=(8, 3, 256, 256))
    path = small_disk / "maps.parquet"
    with pytest.raises(NoSpaceError), explaining_full_disk(path):
        write_maps(path, [f"coin {n}" for n in range(8)], {"maps": noise})
