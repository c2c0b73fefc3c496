"""What a run may have become since it was made, through the command line: explained or refused, no crash.

Inputs of other programs are in tests/storage/legacy, photographs in tests/tasks/test_ingest.py, tables of
coins in tests/coin_xai/catalogue.
"""

import csv
import json
import os
import shutil

import pandas as pd
import pytest

from coin_xai.mint import Issue
from flows.command_line.cli import main
from tasks.adopting.cluster_log import read_log
from tasks.photographs.write_drawn_coins import write_drawn_coins

SMALL = ("--k", "2", "--width", "0.0625", "--batch-size", "4", "--epochs", "1")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with coins, and runs with one run of them."""
    folder = tmp_path_factory.mktemp("hostile")
    write_drawn_coins(folder / "coins", Issue(coins=8, types=2, size_px=96, seed=3))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.argv", ["coin-xai", "study", str(folder / "coins"), *SMALL, *runs(folder)])
        main()
    return folder


def runs(folder):
    return ("--runs", str(folder / "runs"), "--name", "test")


@pytest.fixture
def here(made, tmp_path):
    """A copy of it that can be damaged."""
    shutil.copytree(made, tmp_path / "here", symlinks=True)
    return tmp_path / "here"


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "", "pixels", "a\nb", "n\udcff"])
def test_a_name_that_is_no_name_is_refused_and_nothing_made_of_it(here, call, name):
    before = sorted(here.rglob("*"))
    code, said = call("study", here / "coins", *SMALL, "--runs", here / "runs", "--name", name)
    assert code == 2
    if name:
        assert "cannot name a run" in said
        assert "choose another --name" in said
    else:
        assert "name is empty; give a value, or leave it out" in said
    assert [path for path in sorted(here.rglob("*")) if path not in before] == []


def test_photographs_may_lie_in_a_path_that_is_no_text(here, call):
    moved = os.fsencode(here) + b"/im\xff\xfeages"
    (here / "coins").rename(os.fsdecode(moved))
    code, said = call("study", os.fsdecode(moved), *SMALL, *runs(here))
    assert code == 0, said
    assert call("verify", here / "runs" / "test")[0] == 0


def test_runs_may_not(here, call):
    code, said = call("study", here / "coins", *SMALL, "--runs", f"{here}/runs\udcff", "--name", "test")
    assert code == 2
    assert "is not UTF-8" in said


def test_runs_are_not_looked_for_in_a_file(here, call):
    (here / "file").touch()
    code, said = call("study", here / "coins", *SMALL, "--runs", here / "file", "--name", "test")
    assert code == 2
    assert "cannot be written (Not a directory); choose a folder" in said


def test_a_link_to_a_run_serves_as_the_run(here, call):
    (here / "link").symlink_to(here / "runs" / "test")
    for command in ("explain", "verify", "report"):
        code, said = call(command, here / "link")
        assert code == 0, said


@pytest.mark.parametrize("name", ["dangling", "file"])
def test_what_is_no_folder_is_no_run(here, call, name):
    (here / "runs" / "dangling").symlink_to(here / "nowhere")
    (here / "runs" / "file").touch()
    code, said = call("study", here / "coins", *SMALL, "--runs", here / "runs", "--name", name)
    assert code == 2
    assert "cannot be written" in said
    assert not (here / "nowhere").exists()


@pytest.mark.parametrize("content", [b"", b"\x80\x04\xff", None], ids=["empty", "garbage", "cut"])
@pytest.mark.parametrize(
    ("file", "remedy"),
    [
        ("run.json", "put the record back from a copy"),
        ("coins.parquet", "run the study on the photographs again"),
        ("training/checkpoints/0001.parquet", "remove 0001.json beside it and repeat what made the run"),
        ("training/checkpoints/0001.json", "repeat what made the run, or train it first"),
        ("training/checkpoints/0001.pt", "repeat what made the run, or train it first"),
        ("training/metrics.csv", "put it back from a copy"),
        ("annotations.parquet", "remove it and read the notes"),
        ("../pixels/*/index.parquet", "run the study on the photographs again, which makes it anew"),
        ("../pixels/*/pixels.bin", "run the study on the photographs again, which makes it anew"),
    ],
)
def test_a_file_of_the_run_that_cannot_be_read_is_named_with_what_to_do(here, call, file, remedy, content):
    run = here / "runs" / "test"
    path = next(iter(run.glob(file)), run / file)
    whole = path.read_bytes() if path.exists() else b"PAR1"
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    code, said = call("explain", run)
    if file.endswith("metrics.csv") and content is None:
        return  # half a table of figures is a table
    assert code in (1, 2), said
    assert remedy in said
    assert path.name.split(".")[0] in said


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "{run}"),
        ("explain", "{run}", "--also", "layer_cam"),
        ("study", "{coins}", *SMALL, "--runs", "{runs}", "--name", "test"),
        ("train", "{coins}", *SMALL[:-1], "2", "--runs", "{runs}", "--name", "test"),
        ("sanity", "{run}", "--coins", "4"),
        ("export", "{run}", "{runs}/../exported"),
    ],
    ids=lambda command: " ".join(command)[:30],
)
def test_a_checkpoint_with_one_other_bit_is_one_sentence_whatever_is_asked_of_it(here, call, caplog, command):
    run = here / "runs" / "test"
    file = run / "training" / "checkpoints" / "0001.pt"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    code, said = call(*(part.format(run=run, runs=here / "runs", coins=here / "coins") for part in command))
    remedy = "remove it and train again, the run continues after the checkpoint before it"
    assert (code, said) == (1, f"error: {file} is damaged; {remedy}")
    assert "Traceback" not in caplog.text


def test_a_record_of_other_types_is_damaged(here, call):
    run = here / "runs" / "test"
    record = json.loads((run / "run.json").read_text())
    for key, value in (("pixels", []), ("pixels", "../../x"), ("training", 5), ("training", {"k": "many"})):
        changed = {**record, "identity": {**record["identity"], key: value}}
        (run / "run.json").write_text(json.dumps(changed))
        code, said = call("explain", run)
        assert code == 1, said
        assert "run.json" in said


def test_maps_that_lost_their_content_and_kept_their_size_are_mended_as_told(here, call):
    run = here / "runs" / "test"
    maps = next((run / "latest").resolve().glob("maps/*/*/maps.parquet"))
    maps.write_bytes(bytes(maps.stat().st_size))
    (run / "latest" / "report.html").unlink()  # a page that is whole is not made again
    code, said = call("explain", run)
    assert code == 1
    assert "explain it with --reuse hash" in said
    assert call("explain", run, "--reuse", "hash")[0] == 0
    assert call("verify", run)[0] == 0


def test_a_folder_where_the_latest_is_linked_is_not_replaced(here, call):
    run = here / "runs" / "test"
    (run / "latest").unlink()
    (run / "latest").mkdir()
    code, said = call("explain", run)
    assert code == 2
    assert "is to be a link; move it away" in said


def test_no_name_of_a_file_nor_text_of_a_table_is_a_formula_in_any_table_that_is_written(here, call):
    names = ["=cmd|calc!A0.jpg", "+1+1.jpg", "-rf.jpg", "@sum.jpg"]
    for photograph, name in zip(sorted((here / "coins").glob("*.jpg")), names, strict=False):
        photograph.rename(here / "coins" / name)
    rows = [["file", "=HYPERLINK(1)", "year"], *([name, f"={name}", "-27"] for name in names)]
    (here / "table.csv").write_text("\n".join(",".join(row) for row in rows))
    code, said = call(
        "study",
        here / "coins",
        *SMALL,
        "--coins",
        here / "table.csv",
        "--runs",
        here / "runs",
        "--name",
        "new",
    )
    assert code == 0, said
    run = here / "runs" / "new"
    tables = sorted(run.rglob("*.csv"))
    assert len(tables) >= 9
    # Read with all line ends within texts made one kind, which is not what is tested here.
    found = {cell for table in tables for row in csv.reader(table.read_text().splitlines()) for cell in row}
    assert {"'=cmd|calc!A0", "'=HYPERLINK(1)", "'==cmd|calc!A0.jpg", "-27"} <= found
    for cell in found:
        if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
            float(cell)
    coins = pd.read_parquet(run / "latest" / "assignments.parquet")
    assert set(names) < set(coins["path"])
    assert read_log(run / "latest" / "assignments.csv").paths == tuple(coins["path"])
