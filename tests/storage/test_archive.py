import zipfile

import pytest

from storage.archive import write_archive


def test_it_unpacks_to_one_folder_with_what_was_given(tmp_path):
    (tmp_path / "b.webp").write_bytes(b"picture")
    write_archive(tmp_path / "x.zip", "run", [("z/a.txt", b"text"), ("b.webp", tmp_path / "b.webp")])
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.namelist() == ["run/b.webp", "run/z/a.txt"]
        assert archive.read("run/z/a.txt") == b"text"
        assert archive.read("run/b.webp") == b"picture"
        assert archive.testzip() is None


def test_the_same_contents_give_the_same_bytes_in_whatever_order_they_come(tmp_path):
    files = [("a", b"1" * 999), ("b", b"2")]
    write_archive(tmp_path / "one.zip", "run", files)
    write_archive(tmp_path / "other.zip", "run", reversed(files))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_an_archive_that_fails_leaves_the_one_before_alone(tmp_path):
    target = tmp_path / "x.zip"
    write_archive(target, "run", [("a", b"before")])
    before = target.read_bytes()
    with pytest.raises(FileNotFoundError):
        write_archive(target, "run", [("a", b"now"), ("b", tmp_path / "is not there")])
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]
