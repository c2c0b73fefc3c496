import os
import threading
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.catalogue import DEFAULT_PATTERN
from coin_xai.errors import CatalogueError
from coin_xai.mint import Issue, mint
from coin_xai.photographs.photograph import decode
from coin_xai.photographs.pixels import Pixels
from storage.atomic import write_frame
from storage.errors import RunBusyError
from storage.layout import pixels_folder
from storage.lock import holding
from storage.pixel_cache import LOCK, read_pixels
from tasks.ingest import DECODED_AT_ONCE, PIXELS_KEY, SHORT_SIDE_PX, ingest
from tests.written import make_old, written_since

COINS = 8


@pytest.fixture(scope="session")
def drawn():
    return [coin.photograph for coin in mint(Issue(coins=COINS, types=3, seed=5, size_px=96))]


@pytest.fixture
def images(tmp_path, drawn):
    """A folder of drawn coins, half of them deep down, with suffixes of every case."""
    folder = tmp_path / "images"
    (folder / "deep" / "down").mkdir(parents=True)
    for number, photograph in enumerate(drawn):
        name = f"BN_{3000 + number}_R.{('jpg', 'JPG', 'png', 'Tif')[number % 4]}"
        Image.fromarray(photograph).save(folder / ("deep/down" if number % 2 else "") / name)
    return folder


@pytest.fixture
def work(images, tmp_path):
    """Ingest the drawn coins and return what was found, and its table by path."""

    def call(images=images, runs=tmp_path / "runs", *, name_pattern=DEFAULT_PATTERN, **options):
        ingested = ingest.fn(images, runs, name_pattern=name_pattern, **options)
        return ingested, pd.read_parquet(ingested.table).set_index("path")

    return call


@pytest.fixture
def index(tmp_path):
    return pixels_folder(tmp_path / "runs", PIXELS_KEY) / "index.parquet"


def test_every_photograph_has_a_row_and_its_pixels(work, images, tmp_path):
    ingested, table = work()
    assert (ingested.folder, ingested.usable, ingested.broken) == ("images", COINS, 0)
    assert len(table) == COINS
    assert table["error"].isna().all()
    assert table["side"].eq("reverse").all()
    assert table["coin_id"].tolist() == [f"BN_{3000 + number}_R" for number in range(COINS)]
    pixels = Pixels(*read_pixels(pixels_folder(tmp_path / "runs", PIXELS_KEY), table["sha256"].tolist()))
    for position, (path, row) in enumerate(table.iterrows()):
        photograph = decode((images / path).read_bytes(), name=path, short_side_px=SHORT_SIDE_PX)
        assert np.array_equal(pixels[position], photograph.pixels)
        assert (row["width"], row["height"]) == (photograph.width, photograph.height)
        assert row["format"] == photograph.format


def test_a_second_time_nothing_is_decoded_or_written(work, index):
    first, table = work()
    make_old([index])
    second, again = work()
    assert second == first
    pd.testing.assert_frame_equal(table, again)
    assert not written_since([index])


def test_a_new_photograph_is_added_to_the_known_ones(work, images, index, drawn):
    first, _ = work()
    known = pd.read_parquet(index)
    Image.fromarray(255 - drawn[0]).save(images / "new.png")
    second, table = work()
    assert second.fingerprint != first.fingerprint
    assert len(table) == COINS + 1
    pd.testing.assert_frame_equal(pd.read_parquet(index).iloc[:COINS], known)


def test_a_photograph_that_was_only_moved_makes_no_other_fingerprint(work, images, index):
    first, _ = work()
    make_old([index])
    (images / "elsewhere").mkdir()
    (images / "BN_3000_R.jpg").rename(images / "elsewhere" / "BN_3000_R.jpg")
    second, _ = work()
    assert second.fingerprint == first.fingerprint
    assert not written_since([index])


def test_broken_files_are_listed_with_a_reason_and_left_out(work, images, tmp_path, caplog):
    whole = (images / "BN_3002_R.png").read_bytes()
    (images / "cut.png").write_bytes(whole[: len(whole) // 2])
    (images / "page.jpg").write_text("<!doctype html>")
    (images / "empty.jpg").touch()
    (images / os.fsdecode(b"m\xfcnze.png")).write_bytes(whole)
    (images / "two\nlines.png").write_bytes(whole)
    (images / "nowhere.jpg").symlink_to(images / "gone.jpg")
    (images / "round.jpg").symlink_to(images / "round.jpg")
    (tmp_path / "outside.png").write_bytes(whole)
    (images / "outside.png").symlink_to(tmp_path / "outside.png")
    ingested, table = work(max_broken_share=0.5)
    assert (ingested.usable, ingested.broken) == (COINS, 8)
    broken = table[table["error"].notna()]
    for path, words in {
        "cut.png": "cannot be read",
        "page.jpg": "is no JPEG, PNG, TIFF, WEBP or BMP photograph",
        "empty.jpg": "is empty",
        r"m\xfcnze.png": "has a name that is not UTF-8; rename it",
        r"two\nlines.png": "has control characters in its name; rename it",
        "nowhere.jpg": "is a broken link or no regular file",
        "round.jpg": "is a broken link or no regular file",
        "outside.png": "is a link out of the folder; copy the photograph into it",
    }.items():
        assert broken.loc[path, "error"].startswith(f"{path} ")
        assert words in broken.loc[path, "error"]
        assert f"left out: {broken.loc[path, 'error']}" in caplog.text
    assert broken["sha256"].isna().all()


def test_too_many_broken_files_stop_the_work_with_examples(work, images):
    (images / "page.jpg").write_text("<!doctype html>")
    assert work(max_broken_share=1 / 9)[0].broken == 1
    with pytest.raises(
        CatalogueError, match=r"1 of 9 .* allowed 10% \(--max-broken-share\): page\.jpg is no"
    ):
        work(max_broken_share=0.1)


def test_a_folder_of_broken_files_alone_can_be_listed(work, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.jpg").write_text("no")
    ingested, table = work(tmp_path / "bad", max_broken_share=1.0)
    assert (ingested.usable, ingested.broken) == (0, 1)
    assert table["duplicate_of"].isna().all()


def test_copies_are_named_and_share_their_pixels(work, images, index, caplog):
    (images / "copy.jpg").write_bytes((images / "BN_3000_R.jpg").read_bytes())
    (images / "link.jpg").symlink_to(images / "BN_3000_R.jpg")
    ingested, table = work()
    assert ingested.usable == COINS + 2
    assert table["duplicate_of"].dropna().to_dict() == {"copy.jpg": "BN_3000_R", "link.jpg": "BN_3000_R"}
    assert len(pd.read_parquet(index)) == COINS
    assert "2 photographs are copies of others: copy, link" in caplog.text


def test_doubts_about_a_photograph_are_told_and_kept_and_found_again_without_decoding(
    work, images, drawn, caplog
):
    Image.new("RGB", (300, 300), "white").save(images / "white.png")
    Image.new("RGB", (1, 1)).save(images / "dot.png")
    frames = [Image.fromarray(picture) for picture in (drawn[0], 255 - drawn[0])]
    frames[0].save(images / "film.webp", save_all=True, append_images=frames[1:], lossless=True)
    notes = work()[1]["photograph_note"].dropna().to_dict()
    assert notes == {
        "dot.png": "fewer than 32 pixels high or wide; blank, all of it has one colour",
        "film.webp": "the first of several pictures in its file",
        "white.png": "blank, all of it has one colour",
    }
    assert "worth a look (blank, all of it has one colour): dot.png, white.png" in caplog.text
    assert "worth a look (the first of several pictures in its file): film.webp" in caplog.text
    assert work()[1]["photograph_note"].dropna().to_dict() == notes


@pytest.mark.parametrize(
    "name", ["-rf.png", "🪙.png", "CON.png", "a \"b\" 'c'.png", "%s{}.png", "long/" * 40 + "x.png"]
)
def test_unusual_names_do_no_harm(work, images, name, drawn):
    (images / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(255 - drawn[0]).save(images / name)
    assert work()[1].loc[name, "error"] is None


def test_the_table_follows_the_coins_and_what_does_not_fit_is_told(work, tmp_path, caplog):
    rows = [f"BN_{3000 + number},type {number}" for number in range(1, COINS)]
    (tmp_path / "coins.csv").write_text("\n".join(["number,type", *rows, "BN_9,lost"]))
    _, table = work(coins=tmp_path / "coins.csv")
    assert table.loc["deep/down/BN_3001_R.JPG", "type"] == "type 1"
    assert pd.isna(table.loc["BN_3000_R.jpg", "type"])
    assert "1 photograph has no row in the table (column number): BN_3000_R" in caplog.text
    assert "1 row of the table has no photograph (column number): BN_9" in caplog.text


def test_the_options_of_the_table_are_handed_on(work, tmp_path):
    (tmp_path / "coins.csv").write_text("number,file\n3000,lost.jpg\n")
    assert work(coins=tmp_path / "coins.csv", id_column="number")[1].loc["BN_3000_R.jpg", "number"] == "3000"
    with pytest.raises(CatalogueError, match=r"file \(--file-column\) names none"):
        work(coins=tmp_path / "coins.csv", file_column="file")
    with pytest.raises(CatalogueError, match=r"none\.csv is not there \(--coins\)"):
        work(coins=tmp_path / "none.csv")


def test_runs_inside_of_the_folder_are_not_ingested(work, images):
    runs = images / "runs"
    (runs / "old" / "results").mkdir(parents=True)
    (runs / "old" / "results" / "x.png").write_bytes((images / "BN_3002_R.png").read_bytes())
    assert work(runs=runs)[0].usable == COINS


def test_photographs_inside_of_the_runs_are_ingested(work, tmp_path):
    assert work(runs=tmp_path)[0].usable == COINS


def test_one_folder_for_photographs_and_runs_is_refused(work, images):
    with pytest.raises(CatalogueError, match="choose another folder for --runs"):
        work(runs=images)


def test_a_folder_without_photographs_is_refused(work, tmp_path):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "letter.txt").touch()
    with pytest.raises(CatalogueError, match=r"bare holds no photographs \(\.jpg, .*\), at any depth"):
        work(tmp_path / "bare")


@pytest.mark.parametrize(("name", "folder"), [("Münzen 1/2"[:8], "Münzen_1"), (os.fsdecode(b"\xff"), "_")])
def test_the_name_of_the_folder_is_fit_for_a_run(work, images, tmp_path, name, folder):
    images.rename(tmp_path / name)
    assert work(tmp_path / name)[0].folder == folder


def test_few_photographs_are_in_memory_at_once(tmp_path, monkeypatch):
    count = 4 * DECODED_AT_ONCE
    (tmp_path / "images").mkdir()
    for number in range(count):
        colour = (number % 256, number // 256, 7)
        Image.new("RGB", (2, 2), colour).save(tmp_path / "images" / f"{number}.png")
    decoded, in_memory = [], []

    def watched(data, **how):
        photograph = decode(data, **how)
        with counting:
            decoded.append(weakref.ref(photograph))
            in_memory.append(sum(reference() is not None for reference in decoded))
        return photograph

    counting = threading.Lock()
    monkeypatch.setattr("tasks.ingest.decode", watched)
    ingest.fn(tmp_path / "images", Path(tmp_path / "runs"))
    assert len(in_memory) == count
    # Those of one block, however slowly they are written, and the last one of the block before.
    assert max(in_memory) <= DECODED_AT_ONCE + 1


def test_its_table_is_there_before_others_may_drop_the_pixels(images, tmp_path, monkeypatch):
    written = []

    def write(path, table):
        with pytest.raises(RunBusyError), holding(pixels_folder(tmp_path / "runs", PIXELS_KEY) / LOCK):
            pass
        write_frame(path, table)
        written.append(path)

    monkeypatch.setattr("tasks.ingest.write_frame", write)
    assert [ingest.fn(images, tmp_path / "runs").table] == written
