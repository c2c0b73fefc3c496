import shutil

import pytest

from storage.errors import NoSpaceError
from storage.layout import ExplanationLayout
from tasks.collection import shards
from tasks.running.disk_space import telling_space


@pytest.fixture
def files(explained_run, tmp_path):
    """The files of an explanation that is whole, to be changed."""
    shutil.copytree(explained_run.files.root, tmp_path / "explanation")
    return ExplanationLayout(tmp_path / "explanation")


def full(files):
    with telling_space(files, shards(files, [0, 1, 2], at_most=2), epoch=2):
        raise NoSpaceError("the disk is full at x")


def test_what_is_missing_is_reckoned_from_the_coins_that_are_done(files):
    missing = [files.maps(2, 0), files.pictures(2, 2), files.page_pictures(2)]
    size = sum(path.stat().st_size for folder in missing for path in folder.iterdir())
    for folder in missing:
        shutil.rmtree(folder)
    with pytest.raises(NoSpaceError, match=r"^the disk is full at x; at least .* MB are needed") as caught:
        full(files)
    told = float(str(caught.value).split(" at least ")[1].split(" MB")[0])
    assert told == pytest.approx(size / 1e6, rel=0.25, abs=0.06)


def test_where_nothing_is_done_nothing_is_known(files):
    for folder in (files.root / "maps", files.root / "results", files.page):
        shutil.rmtree(folder)
    with pytest.raises(NoSpaceError, match=r"^the disk is full at x$"):
        full(files)


def test_other_errors_and_none_pass(files):
    with telling_space(files, [], epoch=2):
        pass
    with pytest.raises(ValueError, match="other"), telling_space(files, [], epoch=2):
        raise ValueError("other")
