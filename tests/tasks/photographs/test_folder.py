import os

import pytest

from coin_xai.errors import CatalogueError
from tasks.photographs.folder import photographs_in


@pytest.fixture
def folder(tmp_path):
    """A folder with empty files of some names; their content is not looked at."""

    def make(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        return tmp_path

    return make


def found(root, apart_from="runs"):
    return photographs_in(root, apart_from=root / apart_from)


def test_photographs_are_found_at_any_depth_in_any_case_and_in_order(folder, caplog):
    root = folder(
        "b.JPG", "a/c.jpeg", "a/b/d.TIFF", "a.png", "e.tif", "f.WebP", "g.bmp", "x.txt", "jpg", "x.csv"
    )
    assert found(root) == ["a/b/d.TIFF", "a/c.jpeg", "a.png", "b.JPG", "e.tif", "f.WebP", "g.bmp"]
    assert not caplog.records


def test_a_folder_named_like_a_photograph_is_searched(folder):
    assert found(folder("coin.jpg/reverse.jpg")) == ["coin.jpg/reverse.jpg"]


def test_the_runs_are_not_searched_and_folders_of_similar_names_are(folder):
    root = folder("runs/a/results/x.png", "runs-of-1900/y.png", "deep/runs/z.png")
    assert found(root) == ["deep/runs/z.png", "runs-of-1900/y.png"]
    assert found(root / "deep", apart_from="..") == ["runs/z.png"]


def test_hidden_pictures_are_left_out_and_counted(folder, caplog):
    root = folder(
        "a.jpg",
        ".b.jpg",
        ".thumbnails/a.jpg",
        "x/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        "__MACOSX/._a.jpg",
        "._a.jpg",
        ".DS_Store",
        "#recycle/old.png",
    )
    assert found(root) == ["a.jpg"]
    (record,) = caplog.records
    assert record.getMessage().startswith("6 hidden pictures are left out: #recycle/old.png, ._a.jpg, .b.jpg")


def test_a_hidden_folder_that_is_named_itself_is_searched(folder):
    assert found(folder(".coins/a.jpg") / ".coins") == ["a.jpg"]


def test_pictures_of_other_kinds_are_named(folder, caplog):
    assert found(folder("a.jpg", "b.HEIC", "c.gif")) == ["a.jpg"]
    (record,) = caplog.records
    assert "2 pictures of other kinds are left out; save them as JPEG" in record.getMessage()
    assert "b.HEIC, c.gif" in record.getMessage()


def test_linked_folders_are_not_searched_and_named(folder, caplog):
    root = folder("here/a.jpg", "there/b.jpg")
    (root / "here" / "link").symlink_to(root / "there")
    assert found(root / "here") == ["a.jpg"]
    (record,) = caplog.records
    assert "1 linked folder is not searched" in record.getMessage()
    assert record.getMessage().endswith(": link")


def test_names_that_are_not_utf_8_are_found_and_can_be_told(folder, caplog):
    root = folder("a.jpg", os.fsdecode(b"m\xfcnze.jpg"), os.fsdecode(b".m\xfcnze.jpg"))
    assert found(root) == ["a.jpg", os.fsdecode(b"m\xfcnze.jpg")]
    assert caplog.records[0].getMessage().endswith(r": .m\xfcnze.jpg")


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_folder_is_refused(folder, name):
    root = folder("file")
    with pytest.raises(CatalogueError, match=rf"/{name} cannot be searched \(No"):
        found(root / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_read_is_refused(folder):
    root = folder("a.jpg", "closed/b.jpg")
    (root / "closed").chmod(0)
    try:
        with pytest.raises(CatalogueError, match=r"closed cannot be searched \(Permission denied\)"):
            found(root)
    finally:
        (root / "closed").chmod(0o700)
