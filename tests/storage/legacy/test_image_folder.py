import random

import pytest
from torchvision.datasets import ImageFolder

from storage.legacy.errors import LegacyError
from storage.legacy.image_folder import image_folder


@pytest.fixture
def folder(tmp_path):
    def make(*paths):
        # In any order, since a file system keeps what it likes.
        for path in random.Random(3).sample(paths, len(paths)):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        return tmp_path

    return make


def test_the_order_is_that_of_torchvision(folder):
    root = folder(
        *("b/1.jpg", "b/10.jpg", "b/2.JPG", "a/z.png", "a/b/y.tif", "a/b-c/x.webp", "a/b/d/w.bmp", "a/a.ppm"),
        *("Z/q.jpeg", "ü/v.pgm", "c d/u.tiff", "c/t.jpg", "c-d/.s.jpg", "c/notes.txt", "top.jpg", "c/r.gif"),
        *(".hidden/o.jpg",),
    )
    expected = [path.removeprefix(f"{root}/") for path, _ in ImageFolder(str(root), allow_empty=True).samples]
    assert image_folder(root) == expected
    assert len(expected) == 14


def test_images_beside_the_class_folders_do_not_count(folder):
    assert image_folder(folder("top.jpg", "a/x.jpg")) == ["a/x.jpg"]


@pytest.mark.parametrize("runs", ["runs", "a/runs"])
def test_the_runs_are_passed_over(folder, runs):
    root = folder("a/x.jpg", f"{runs}/old/results/y.png", "runs-of-1900/z.png")
    assert image_folder(root, apart_from=root / runs) == ["a/x.jpg", "runs-of-1900/z.png"]


@pytest.mark.parametrize("name", ["linked", "a/linked"])
def test_a_linked_folder_is_refused(folder, tmp_path_factory, name):
    root = folder("a/x.jpg")
    (root / name).symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(LegacyError, match="linked is a linked folder"):
        image_folder(root)


def test_a_folder_without_class_folders_is_refused(folder):
    with pytest.raises(LegacyError, match="one folder a class"):
        image_folder(folder("x.jpg", "y.jpg", "empty/notes.txt"))
