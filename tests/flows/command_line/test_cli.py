"""The command line as a person meets it: what it prints, and its exit codes."""

import os
import signal

import pandas as pd
import pytest

from storage.atomic import TEMPORARY
from storage.lock import holding
from storage.markers import UNFINISHED
from tests.conftest import SMALL
from tests.waiting import wait_until

# The command line; when it has kept a checkpoint it waits, so that it is never too late to stop it.
STOPS_AFTER_A_CHECKPOINT = """
import signal, sys
from flows.command_line.cli import program
from storage import checkpoints

signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs behind ignore it
save = checkpoints.save

def save_and_wait(*arguments, **keywords):
    save(*arguments, **keywords)
    signal.pause()

checkpoints.save = save_and_wait
sys.argv[1:] = {arguments}
program()
"""


def test_the_help_lists_every_command(call):
    code, text = call("--help")
    assert code == 0
    for command in (
        "annotate",
        "choose-k",
        "compare",
        "consensus",
        "explain",
        "export",
        "mint",
        "place",
        "prune",
        "runs",
        "sanity",
        "serve",
        "server",
        "study",
        "track",
        "train",
        "verify",
    ):
        assert command in text


def test_an_empty_folder_is_refused(call, tmp_path):
    (tmp_path / "empty").mkdir()
    code, text = call("study", tmp_path / "empty", "--runs", tmp_path / "runs")
    assert code == 2
    assert "holds no photographs (.jpg" in text


def test_a_folder_that_is_not_there_is_refused(call, tmp_path):
    code, text = call("study", tmp_path / "none")
    assert code == 2
    assert "does not exist" in text


def test_a_text_named_jpg_is_called_what_it_is(call, tmp_path):
    (tmp_path / "x.jpg").write_text("not a photograph")
    code, text = call("study", tmp_path, "--runs", tmp_path / "runs")
    assert code == 2
    assert "1 of 1 photographs cannot be used" in text
    assert "x.jpg is no JPEG, PNG, TIFF, WEBP or BMP photograph, whatever its name says" in text


def test_more_clusters_than_coins_are_refused(call, coins, tmp_path):
    code, text = call("study", coins, "--runs", tmp_path, "--k", 19)
    assert code == 2
    assert "k = 19 clusters from 18 usable photographs; choose k between 2 and 18" in text


def test_a_label_that_the_table_lacks_is_refused(call, coins, tmp_path):
    table = coins / "truths.csv"
    code, text = call(
        "study", coins, "--runs", tmp_path, "--k", 3, "--coins", table, "--label", "[bold]ruler"
    )
    assert code == 2
    assert "no column [bold]ruler (--label)" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--k", "1"], "'--k': 1 is not in the range"),
        (["--epochs", "0"], "'--epochs': 0 is not in the range"),
        (["--max-broken-share", "2"], "'--max-broken-share': 2.0 is not in the range"),
        (["--name", "a/b", "--k", "3"], "'a/b' cannot name a run"),
    ],
)
def test_a_wrong_value_names_option_and_value(call, coins, tmp_path, arguments, words):
    code, text = call("study", coins, "--runs", tmp_path, *arguments)
    assert code == 2
    assert words in text


def test_the_mint_refuses_what_it_cannot_draw(call, tmp_path):
    assert call("mint", tmp_path / "new", "--types", 1001)[0] == 2
    (tmp_path / "letters.txt").write_text("dear colleague")
    code, text = call("mint", tmp_path)
    assert code == 2
    assert "did not make, such as letters.txt" in text


def test_a_run_in_work_is_left_alone(call, run):
    with holding(run / "run.lock"):
        code, text = call("explain", run)
    assert code == 1
    assert f"is being worked on by process {os.getpid()}" in text


def test_a_name_taken_by_other_options_is_refused(call, run, coins):
    code, text = call("study", coins, "--runs", run.parent, "--name", run.name, "--k", 4)
    assert code == 2
    assert "training.k: 3 then, 4 now" in text


def test_a_training_tells_what_was_left_out_and_a_reused_one_still_what_speaks_against_it(
    call, coins, tmp_path
):
    options = ("--k", 3, "--width", 0.0625, "--epochs", 1, "--clustering", "kmeans")
    for _ in range(2):
        code, text = call("train", coins, "--runs", tmp_path, *options)
        assert code == 0
        assert "left out: broken.jpg is no JPEG" in text
        assert "warnings 18 coins in 2 PCA dimensions: below 25 coins per dimension" in text
        assert "explain coin-xai explain" in text


def test_runs_lists_what_is_there(call, explained, tmp_path):
    assert call("runs", "--runs", tmp_path / "none")[1].startswith("no runs in")
    code, text = call("runs", "--runs", explained.parent)
    assert code == 0
    assert "test 18 3 1 yes" in text


def test_runs_tells_what_each_stage_cost(call, explained, tmp_path):
    assert call("runs", "--times", "--runs", tmp_path / "none")[1].startswith("no runs in")
    code, text = call("runs", "--times", "--runs", explained.parent)
    assert code == 0
    table = text[text.index("written") :]
    stages = (
        "ingest",
        "train",
        "fit head",
        "load",
        "measure",
        "contrast",
        "publish",
        "between stages",
        "all",
    )
    places = [table.index(f"{stage} ") for stage in stages]
    assert places == sorted(places)
    assert "100%" in table
    code, text = call("runs", "--times", "--runs", "s3://bucket/runs")
    assert code == 2
    assert "give --times with a folder" in text


def test_a_folder_that_is_no_run_is_refused(call, coins):
    for command in ("explain", "verify"):
        code, text = call(command, coins)
        assert code == 2
        assert "is no run of coin-xai" in text


def test_choose_k_shows_the_evidence(call, coins, tmp_path):
    options = ("--width", 0.0625, "--highest", 5, "--into", tmp_path)
    code, text = call("choose-k", coins, "--runs", tmp_path / "runs", *options)
    assert code == 0
    assert "elbow of the inertia k =" in text
    assert len(pd.read_csv(tmp_path / "choose-k.csv")) == 4
    assert (tmp_path / "choose-k.png").exists()


def test_notes_that_are_none_are_refused(call, explained, tmp_path):
    (tmp_path / "notes.csv").write_text("coin,note\na,b\n")
    code, text = call("annotate", explained, tmp_path / "notes.csv")
    assert code == 2
    assert "lacks the columns" in text


@pytest.mark.slow
def test_stopped_by_the_keyboard_or_a_service_it_continues_to_the_same_end(
    study, call, coins, nursery, tmp_path
):
    assert call("train", coins, *SMALL, "--epochs", 3, "--runs", tmp_path / "whole", "--name", "test")[0] == 0
    arguments = ["study", str(coins), *SMALL, "--epochs", "3", "--checkpoint-every", "1"]
    arguments += ["--runs", str(tmp_path / "stopped"), "--name", "test"]
    checkpoints = tmp_path / "stopped" / "test" / "training" / "checkpoints"
    for epoch, number, code in ((1, signal.SIGINT, 130), (2, signal.SIGTERM, 143)):
        log, kept = tmp_path / f"stopped-{epoch}.log", checkpoints / f"{epoch:04d}.json"
        process = nursery.start(STOPS_AFTER_A_CHECKPOINT.format(arguments=arguments), log=log)
        wait_until(kept.exists, f"checkpoint {epoch}", of=process)
        process.send_signal(number)
        ended, text = process.wait(), log.read_text()
        assert ended == code, text
        assert "Traceback" not in text
        assert leftovers(tmp_path) == []
        assert "the same command continues" in text
    assert not (checkpoints / "0003.json").exists()

    study(tmp_path / "stopped", "--epochs", "3", "--checkpoint-every", "1")
    ends = [
        pd.read_parquet(tmp_path / run / "test" / "training" / "checkpoints" / "0003.parquet")
        for run in ("whole", "stopped")
    ]
    pd.testing.assert_frame_equal(*ends, check_exact=True)


def leftovers(folder):
    return [path for path in folder.rglob("*") if path.name.startswith((UNFINISHED, TEMPORARY))]
