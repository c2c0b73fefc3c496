import os

import numpy as np
import pytest

from coin_xai.catalogue import catalogue
from storage.legacy.cluster_log import ClusterLog
from storage.legacy.errors import LegacyError
from storage.legacy.partition import LoggedPartition
from tasks.adopting.locate import locate
from tasks.photographs.folder import photographs_in


def log(paths, n_images=None):
    cluster = np.zeros(len(paths) if n_images is None else n_images, dtype=np.int64)
    partition = LoggedPartition(cluster, cluster, 1)
    return ClusterLog("reference" if paths is None else "thesis", (partition,), paths)


@pytest.fixture
def find(tmp_path):
    """Make a folder with empty files of some names, and return the paths that a log finds there."""

    def call(files, paths, *, n_images=None):
        for file in files:
            (tmp_path / "coins" / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "coins" / file).touch()
        images, runs = tmp_path / "coins", tmp_path / "coins" / "runs"
        coins = catalogue(photographs_in(images, apart_from=runs), pattern=None)
        return coins["path"].iloc[locate(log(paths, n_images), coins, images, runs=runs)].tolist()

    return call


FILES = ("b/1.jpg", "b/2.JPG", "a/1.jpg", "a/10.jpg", "a/2.jpg")
IN_ORDER = ["a/1.jpg", "a/10.jpg", "a/2.jpg", "b/1.jpg", "b/2.JPG"]


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "./",
        "/home/thesis/data/",
        "../../data/",
        "D:\\Münzen\\Celtic coins\\",
        "\\\\server\\share\\",
        "//server/share/",
        "data//coins/./",
    ],
)
def test_paths_of_another_machine_are_found_by_their_trailing_parts(find, prefix):
    separator = "\\" if "\\" in prefix else "/"
    order = ["b/2.JPG", "a/10.jpg", "a/1.jpg", "a/2.jpg", "b/1.jpg"]
    assert find(FILES, tuple(prefix + path.replace("/", separator) for path in order)) == order


def test_a_folder_that_was_taken_from_higher_up_is_found(find):
    files = ("old/celtic/a/1.jpg", "old/celtic/b/1.jpg")
    assert find(files, ("b/1.jpg", "a/1.jpg")) == ["old/celtic/b/1.jpg", "old/celtic/a/1.jpg"]


def test_a_log_without_paths_is_in_the_order_of_the_folder(find, caplog):
    assert find(FILES, None, n_images=5) == IN_ORDER
    assert "the cluster log has no paths" in caplog.text


def test_the_runs_beside_the_photographs_are_no_class(find):
    assert find((*FILES, "runs/x/results/y.png"), None, n_images=5) == IN_ORDER


@pytest.mark.parametrize("n_images", [4, 6])
def test_a_folder_of_another_size_is_refused(find, n_images):
    with pytest.raises(LegacyError, match=rf"has 5 in its class folders and the cluster log {n_images}"):
        find(FILES, None, n_images=n_images)


@pytest.mark.parametrize("name", ["a/.hidden.jpg", "a/3.ppm"])
def test_an_image_that_counted_and_is_not_read_here_is_named(find, name):
    with pytest.raises(LegacyError, match=f"rule 'every file is there': 1 image .*: {name}"):
        find((*FILES, name), None, n_images=6)


def test_photographs_that_are_in_no_cluster_are_told(find, caplog):
    find(FILES, ("a/1.jpg", "b/1.jpg"))
    assert "3 photographs are not in the cluster log: a/10, " not in caplog.text
    assert "3 photographs are not in the cluster log: a/10.jpg, a/2.jpg, b/2.JPG" in caplog.text


@pytest.mark.parametrize(
    "stranger",
    [
        "/data/a/9.jpg",
        "a/1.jpg/..",
        "",
        "/",
        "..",
        "/etc/passwd",
        "../coins.jpg",
        "\x00",
        "c/1.jpg",
        "x" * 5000,
    ],
)
def test_an_image_without_a_photograph_is_refused(find, stranger):
    with pytest.raises(LegacyError, match="rule 'every file is there': 1 image of the cluster log"):
        find(FILES, ("a/1.jpg", stranger))


@pytest.mark.parametrize("stranger", ["{outside}", "../outside/secret.jpg", "a/../../outside/secret.jpg"])
def test_a_path_out_of_the_folder_is_never_followed(find, tmp_path, stranger):
    outside = tmp_path / "outside" / "secret.jpg"
    outside.parent.mkdir()
    outside.touch()
    with pytest.raises(LegacyError, match="every file is there"):
        find(FILES, ("a/1.jpg", stranger.format(outside=outside)))


def test_a_path_that_fits_two_photographs_is_refused(find):
    with pytest.raises(LegacyError, match=r"1\.jpg of the cluster log fits a/1\.jpg, b/1\.jpg"):
        find(FILES, ("1.jpg",))


@pytest.mark.parametrize("other", ["/data/a/1.jpg", "/elsewhere/a/1.jpg", "C:\\a\\1.jpg"])
def test_two_paths_of_one_photograph_are_refused(find, other):
    with pytest.raises(LegacyError, match=r"rule 'every coin once': a/1\.jpg is meant by "):
        find(FILES, ("/data/a/1.jpg", other))


def test_a_name_that_is_no_utf_8_is_found_as_it_is_shown(find):
    name = os.fsdecode(b"M\xfcnze.jpg")
    assert find((f"a/{name}",), (f"/data/a/{name}",)) == ["a/M\\xfcnze.jpg"]
    assert find((), None, n_images=1) == ["a/M\\xfcnze.jpg"]


@pytest.mark.parametrize("prefix", ["C:\\Users\\me\\", "/data/"])
def test_a_folder_that_was_given_from_too_high_up_is_told_which_one_fits(find, prefix):
    separator = "\\" if "\\" in prefix else "/"
    paths = tuple(prefix + path.replace("/", separator) for path in ("a/1.jpg", "b/1.jpg", "b/2.jpg"))
    files = [f"all/reverses/{path}" for path in ("a/1.jpg", "b/1.jpg", "b/2.JPG")]
    # Another folder that begins as well, and has not all of them.
    files += ["all/obverses/a/1.jpg", "all/obverses/b/2.jpg"]
    with pytest.raises(LegacyError, match=r"and all are in .*coins/all/reverses: give that folder"):
        find(files, paths)


def test_no_folder_is_proposed_that_lacks_an_image(find):
    with pytest.raises(LegacyError, match="cannot be found in the folder") as refusal:
        find(("all/a/1.jpg", "all/a/2.jpg"), ("/data/a/1.jpg", "/data/a/3.jpg"))
    assert "give that folder" not in str(refusal.value)
