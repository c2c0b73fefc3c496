import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.mint import Issue
from storage import checkpoints, runs
from storage.errors import MissingError
from storage.fingerprint import hash_file
from storage.layout import RunLayout
from storage.tables import read_frame
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.place import place, require_placeable
from tasks.train import train
from tasks.training.create_run import create_run, keep_photographs

OPTIONS = TrainingOptions(k=3, width=1 / 4, batch_size=8, description="edges")
KNOWN = 45


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photographs of 60 drawn coins of three types, and a finished run of the first 45, called `run`."""
    folder = tmp_path_factory.mktemp("place")
    truths = pd.read_csv(write_drawn_coins(folder / "drawn", Issue(coins=60, types=3, seed=7, size_px=160)))
    for name, some in (("old", truths[:KNOWN]), ("new", truths[KNOWN:])):
        (folder / name).mkdir()
        for file in some["file"]:
            shutil.copy(folder / "drawn" / file, folder / name)
        some.to_csv(folder / f"{name}.csv", index=False)
    trained(folder, "run", OPTIONS)
    return folder


def trained(folder, name, options):
    ingested = ingest.fn(folder / "old", folder / "runs")
    layout = create_run(ingested, options, folder=folder / "runs", name=name)
    keep_photographs(layout, ingested)
    train.fn(layout.root, until=1, epochs=1)
    return layout


def placed(folder, images="new", *, run="run", into="into", **more):
    ingested = ingest.fn(folder / images, folder / "runs", **more)
    return place(ingested, folder / "runs" / run, into=folder / into)


def contents(run):
    """Hashes of the files of a run, but for locks."""
    return {
        path.relative_to(run): hash_file(path)
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def test_new_coins_go_where_the_coins_of_their_type_are_and_nothing_of_the_run_changes(folder):
    before = contents(folder / "runs/run")
    found = placed(folder, coins=folder / "new.csv")
    table = read_frame(found.table)
    assert len(table) == 60 - KNOWN
    old = read_frame(RunLayout(folder / "runs/run").final_assignments(1)).set_index("coin_id")["cluster"]
    kind_of_old = pd.read_csv(folder / "old.csv").set_index("coin_id")["type"]
    kind = (
        pd.DataFrame({"cluster": old, "type": kind_of_old})
        .groupby("cluster")["type"]
        .agg(lambda types: types.mode()[0])
    )
    assert (table["nearest_cluster"].map(kind) == table["type"]).mean() > 0.8  # by chance a third
    assert table["nearest_1"].map(kind_of_old).eq(table["type"]).mean() > 0.8
    assert (table["outcome"] == "placed").mean() > 0.5
    fits = table["outcome"] == "placed"
    assert table.loc[fits, "cluster"].equals(table.loc[fits, "nearest_cluster"])
    assert table.loc[~fits, "cluster"].isna().all()
    assert table["votes"].between(0.1, 1).all()
    assert table["likeness"].between(0, 1).all()
    assert found.outcomes == {
        "placed": fits.sum(),
        "fits none": (~fits).sum(),
        "in the run": 0,
        "unreadable": 0,
    }
    assert found.clusters == table["cluster"].nunique()
    assert 0 <= found.turned_away < 0.5
    assert found.tells
    assert contents(folder / "runs/run") == before


def test_copies_of_coins_of_the_run_and_files_that_cannot_be_read_are_listed(folder, caplog):
    images = folder / "mixed"
    shutil.copytree(folder / "new", images)
    twin = read_frame(RunLayout(folder / "runs/run").final_assignments(1)).iloc[4]
    shutil.copy(folder / "old" / twin["path"], images / "=1+1.jpg")
    (images / "XX_1_R.jpg").write_bytes(b"no picture")
    found = placed(folder, "mixed", max_broken_share=0.5)
    assert (found.outcomes["in the run"], found.outcomes["unreadable"]) == (1, 1)
    table = read_frame(found.table).set_index("coin_id")
    copy = table.loc["=1+1"]
    assert (copy["outcome"], copy["same_photograph_as"]) == ("in the run", twin["coin_id"])
    assert copy["cluster"] == copy["nearest_cluster"] == twin["cluster"]
    assert np.isnan(copy["votes"])
    assert pd.isna(copy["nearest_1"])
    broken = table.loc["XX_1_R"]
    assert broken["outcome"] == "unreadable"
    assert pd.isna(broken["cluster"])
    assert "XX_1_R.jpg" in broken["error"]
    assert "1 photograph is in the run already: =1+1" in caplog.text
    # Nobody runs the name of a file in a spreadsheet.
    assert b"\r\n'=1+1,'=1+1.jpg,in the run," in found.csv.read_bytes()
    again = read_frame(found.csv).set_index("coin_id")
    assert again["outcome"].tolist() == table["outcome"].tolist()
    assert re.fullmatch("mixed-in-run-[0-9a-f]{6}", found.table.stem)
    assert found.csv == found.table.with_suffix(".csv")
    # A companion changes nothing.
    alone = read_frame(placed(folder, into="alone").table).set_index("coin_id")
    pd.testing.assert_frame_equal(alone[["votes"]], table.loc[alone.index, ["votes"]])


def test_tables_of_two_folders_of_one_name_do_not_overwrite_each_other(folder):
    elsewhere = shutil.copytree(folder / "old", folder / "elsewhere" / "new")
    found = [placed(folder, one, into="both") for one in ("old", elsewhere, folder / "old")]
    assert found[0].table.name.startswith("old-in-run-")
    assert found[1].table.name.startswith("new-in-run-")
    next(elsewhere.iterdir()).unlink()
    assert placed(folder, elsewhere, into="both").table.name not in {one.table.name for one in found}
    assert found[2].table == found[0].table


def test_photographs_of_which_none_is_new_are_all_in_the_run(folder):
    found = placed(folder, "old")
    assert found.outcomes == {"placed": 0, "fits none": 0, "in the run": KNOWN, "unreadable": 0}
    table = read_frame(found.table)
    assert (table["coin_id"] == table["same_photograph_as"]).all()
    assert {"votes", "likeness", "nearest_10"} <= {*table}
    assert found.turned_away is None


def test_cells_that_are_gone_are_described_again(folder):
    expected = read_frame(placed(folder, into="first").table)
    layout = RunLayout(folder / "runs/run")
    before = layout.cells.read_bytes()
    layout.cells.unlink()
    pd.testing.assert_frame_equal(read_frame(placed(folder, into="second").table), expected)
    assert layout.cells.read_bytes() == before


def test_a_column_of_the_users_that_is_called_like_one_of_ours_keeps_its_values(folder):
    rows = pd.read_csv(folder / "new.csv")[["file"]].assign(votes="many", outcome=1)
    rows.to_csv(folder / "clash.csv", index=False)
    table = read_frame(placed(folder, coins=folder / "clash.csv").table)
    assert (table["table_votes"] == "many").all()
    assert {*table["outcome"]} <= {"placed", "fits none"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"network": "alexnet"}, "the network alexnet .* --network gridnet"),
        ({"clustering": "kmeans"}, "not made by parts that match .* --clustering matching"),
        ({"trainer": "deepcluster-v2"}, "--trainer deepcluster-v2"),
        ({"description": "tuned"}, "a network that learnt from its coins .* --description pretrained"),
    ],
)
def test_runs_whose_clusters_matching_does_not_tell_are_refused(folder, tmp_path, said, told):
    layout = RunLayout(shutil.copytree(folder / "runs/run", tmp_path / "run"))
    record = json.loads(layout.record.read_text())
    record["identity"]["training"] |= said
    layout.record.write_text(json.dumps(record))
    with pytest.raises(OptionError, match=told):
        require_placeable(layout.root)


def test_coins_at_any_angle_are_refused(folder, tmp_path):
    layout = RunLayout(shutil.copytree(folder / "runs/run", tmp_path / "run"))
    read_frame(layout.frames).assign(at_any_angle=True).to_parquet(layout.frames)
    with pytest.raises(OptionError, match=r"lie at any angle.*only among coins that stand upright"):
        require_placeable(layout.root)


def test_a_run_that_is_not_finished_is_refused(folder, tmp_path):
    layout = RunLayout(shutil.copytree(folder / "runs/run", tmp_path / "run"))
    for epoch in checkpoints.epochs(layout):
        checkpoints.remove(layout, epoch)
    with pytest.raises(MissingError, match="no finished checkpoint"):
        require_placeable(layout.root)


@pytest.mark.slow
def test_new_coins_go_into_types_that_somebody_gave(folder, command_line):
    types = pd.read_csv(folder / "old.csv")[["file", "type"]].rename(columns={"type": "cluster"})
    types.to_csv(folder / "types.csv", index=False)
    told = ("--init-assignments", folder / "types.csv", "--epochs", "1", "--runs", folder / "runs")
    small = ("--name", "given", "--width", "0.25", "--batch-size", "8")
    assert command_line(["train", folder / "old", *told, *small]).exit_code == 0
    table = read_frame(placed(folder, run="given", coins=folder / "new.csv").table)
    fits = table["outcome"] == "placed"
    assert (table.loc[fits, "cluster_name"] == table.loc[fits, "type"]).mean() > 0.8
    assert runs.read_record(RunLayout(folder / "runs/given"))["identity"]["training"]["clustering"] == "given"


@pytest.mark.slow
@pytest.mark.usefixtures("pretrained")
def test_what_a_pretrained_network_sees_counts_where_the_run_was_described_by_it(folder):
    """Coins of the run in another format are other files, and each is most like itself."""
    layout = trained(folder, "seen", OPTIONS.model_copy(update={"description": "pretrained"}))
    assert np.load(layout.cells, mmap_mode="r").shape[-1] == 33
    (folder / "again").mkdir()
    for file in sorted((folder / "old").iterdir())[::6]:
        Image.open(file).save(folder / "again" / f"{file.stem}.png")
    table = read_frame(placed(folder, "again", run="seen").table)
    assert (table["nearest_1"] == table["coin_id"]).all()
    assert (table["outcome"] == "placed").mean() > 0.5
