import shutil

import numpy as np
import pytest

from coin_xai.matching.likeness import describe_in
from storage.errors import MissingError
from storage.layout import RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.photographs.cells import describe_again, keep_cells, read_cells
from tasks.photographs.frames import read_frames


@pytest.fixture
def run(explained_run, tmp_path):
    return RunLayout(
        shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True) / "test"
    )


def test_training_leaves_what_it_compared_coins_by(explained_run):
    layout = explained_run.layout
    coins = usable_coins(layout)
    expected = describe_in(open_pixels(layout, coins), read_frames(layout, coins))
    np.testing.assert_array_equal(read_cells(layout, len(coins)), expected)


@pytest.mark.parametrize("fault", ["gone", "cut short", "of other coins"])
def test_cells_that_cannot_be_read_are_made_again_and_are_the_same(run, fault):
    before = run.cells.read_bytes()
    if fault == "gone":
        run.cells.unlink()
    elif fault == "cut short":
        run.cells.write_bytes(before[:-100])
    else:
        run.cells.unlink()
        keep_cells(run, np.zeros((3, 16, 16, 9), np.float32))
    with pytest.raises(MissingError, match=r"cells.npy is not there .* explain the whole run again"):
        read_cells(run, 16)
    describe_again(run)
    assert run.cells.read_bytes() == before
    describe_again(run)
    assert [file.name for file in run.root.iterdir() if "tmp" in file.name] == []


def test_a_file_that_would_run_code_is_not_read(run):
    np.save(run.cells, np.array([print] * 16, dtype=object), allow_pickle=True)
    with pytest.raises(MissingError):
        read_cells(run, 16)
