import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.errors import OptionError
from coin_xai.mint import Issue, mint
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tests.written import make_old, written_since

ISSUE = Issue(coins=3, types=2, seed=1, size_px=96)


def test_every_coin_is_a_photograph_and_a_row_of_truths(tmp_path):
    table = write_drawn_coins(tmp_path / "coins", ISSUE)
    truths = pd.read_csv(table)
    assert len(truths) == 3
    assert sorted(path.name for path in table.parent.glob("*.jpg")) == sorted(truths["file"])
    for coin, name in zip(mint(ISSUE), truths["file"], strict=True):
        photograph = np.asarray(Image.open(table.parent / name)).astype(int)
        assert np.abs(photograph - coin.photograph).mean() < 6  # what JPEG takes away


def test_the_same_issue_gives_the_same_bytes(tmp_path):
    first, second = (write_drawn_coins(tmp_path / name, ISSUE).parent for name in ("a", "b"))
    files = sorted(path.name for path in first.iterdir())
    assert files == sorted(path.name for path in second.iterdir())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files)


def test_a_folder_that_holds_the_issue_stays_and_one_of_another_issue_is_replaced(tmp_path):
    folder = write_drawn_coins(tmp_path / "coins", ISSUE).parent
    before = make_old(folder.iterdir())
    write_drawn_coins(folder, ISSUE)
    assert set(folder.iterdir()) == before
    assert not written_since(before)
    write_drawn_coins(folder, Issue(coins=1, types=1, seed=1, size_px=96))
    assert len(list(folder.glob("*.jpg"))) == 1


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear colleague")
    with pytest.raises(OptionError, match=r"such as letter\.txt; name a new folder"):
        write_drawn_coins(tmp_path, ISSUE)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_notes_put_beside_drawn_coins_are_not_deleted(tmp_path):
    folder = write_drawn_coins(tmp_path / "coins", ISSUE).parent
    (folder / "notes.txt").write_text("wear too strong")
    with pytest.raises(OptionError, match=r"such as notes\.txt"):
        write_drawn_coins(folder, Issue(coins=1, types=1, seed=1, size_px=96))
    assert (folder / "notes.txt").exists()
