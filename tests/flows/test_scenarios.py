"""What can happen to an explanation, and how much of it is done again: never too much, never too little.

A chunk was computed again if its file of maps is another one than before.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.parameters import Duration, Photographs, Place, Work
from flows.train_clusters import train_clusters
from storage import checkpoints
from storage.atomic import TEMPORARY
from storage.errors import RunBusyError, RunMismatchError
from storage.layout import RunLayout
from storage.manifest import strangers, verify
from storage.maps import write_maps
from storage.markers import MARKER, UNFINISHED

CHUNK_COINS = 4
SECONDS_TO_START, SECONDS_TO_STOP = 120, 20

# Explains a run; when the second chunk is half written, it does what is asked for.
PROGRAM = """
import os, signal, sys, time
from pathlib import Path
import tasks.collection, tasks.transform
from flows.explain_clusters import explain_clusters

tasks.collection.CHUNK_COINS = {chunk_coins}
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs behind ignore it
chunks = []

def write_half(path, *content):
    chunks.append(path)
    if len(chunks) == 2:
        path.write_bytes(b"half")
        {then}
    write(path, *content)

write, tasks.transform.write_maps = tasks.transform.write_maps, write_half
explain_clusters.fn(Path(sys.argv[1]))
"""
DIES = "os.kill(os.getpid(), signal.SIGKILL)"
WAITS = "print('half written', flush=True); time.sleep(600)"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr("tasks.collection.CHUNK_COINS", CHUNK_COINS)


def train(coins, runs):
    return train_clusters.fn(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8),
        Duration(epochs=1),
        Place(runs=runs, name="test"),
    )


@pytest.fixture(scope="module")
def runs_before(coins, tmp_path_factory):
    """A folder of runs with one that is trained, not explained."""
    runs = tmp_path_factory.mktemp("scenarios") / "runs"
    train(coins, runs)
    return runs


@pytest.fixture
def run(runs_before, tmp_path):
    """A trained run of one's own."""
    shutil.copytree(runs_before, tmp_path / "runs")
    return tmp_path / "runs" / "test"


@pytest.fixture
def whole(run):
    """The folder of an explanation that was never interrupted, and its manifest."""
    explanation = explain_clusters.fn(run)
    return explanation, (explanation / "manifest.json").read_bytes()


def chunks_of(explanation):
    """Return what tells whether a chunk was written anew, by chunk."""
    files = {path: path.stat() for path in explanation.glob("maps/*/*/maps.parquet")}
    return {path.parent: (status.st_ino, status.st_mtime_ns) for path, status in files.items()}


def redone(before, explanation):
    return sum(before.get(chunk) != written for chunk, written in chunks_of(explanation).items())


def as_never_interrupted(run, explanation, manifest):
    assert (explanation / "manifest.json").read_bytes() == manifest
    assert verify(explanation) == []
    assert [path for path in run.rglob("*") if path.name.startswith((UNFINISHED, TEMPORARY))] == []
    return True


@pytest.fixture
def start(run):
    """Start a process that explains the run until its second chunk is half written; it ends with the test."""
    processes = []

    def begin(then):
        program = PROGRAM.format(chunk_coins=CHUNK_COINS, then=then)
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-c", program, str(run)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def test_nothing_is_done_again_when_nothing_happened(run, whole):
    explanation, _ = whole
    before = chunks_of(explanation)
    assert len(before) >= 5
    assert explain_clusters.fn(run) == explanation
    assert redone(before, explanation) == 0
    assert as_never_interrupted(run, *whole)


def test_a_chunk_that_raises_while_it_writes_is_the_only_one_to_be_done_again(run, whole, monkeypatch):
    explanation, manifest = whole
    shutil.rmtree(explanation)
    written = []

    def write_half(path, *content):
        written.append(path.parent)
        if len(written) == 3:
            path.write_bytes(b"half")
            raise ValueError("something in this chunk")
        write_maps(path, *content)

    monkeypatch.setattr("tasks.transform.write_maps", write_half)
    with pytest.raises(RunFailedError, match=r"^cluster \d, chunk \d: ValueError: something in this chunk$"):
        explain_clusters.fn(run)
    before = chunks_of(explanation)
    failed = written[2].with_name(written[2].name.removeprefix(UNFINISHED))
    assert len(written) == len(before) + 1
    assert not failed.exists()
    assert not written[2].exists()

    monkeypatch.undo()
    monkeypatch.setattr("tasks.collection.CHUNK_COINS", CHUNK_COINS)
    explain_clusters.fn(run)
    assert redone(before, explanation) == 1
    assert as_never_interrupted(run, explanation, manifest)


@pytest.mark.slow
def test_killed_while_it_writes_it_shows_nothing_of_the_chunk_and_keeps_the_others(run, whole, start):
    explanation, manifest = whole
    shutil.rmtree(explanation)
    process = start(DIES)
    process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == -signal.SIGKILL
    before = chunks_of(explanation)
    half = [path for path in explanation.rglob("*") if path.is_file() and path.read_bytes() == b"half"]
    assert [path.parent.name[: len(UNFINISHED)] for path in half] == [UNFINISHED]
    visible = {chunk for chunk in before if not chunk.name.startswith(UNFINISHED)}
    assert len(visible) == 1

    explain_clusters.fn(run)
    assert redone(before, explanation) == len(chunks_of(explanation)) - 1
    assert as_never_interrupted(run, explanation, manifest)


@pytest.mark.parametrize("left", [0, 0.5])
def test_a_torn_marker_counts_as_none(run, whole, left):
    explanation, _ = whole
    before = chunks_of(explanation)
    marker = sorted(before)[1] / MARKER
    content = marker.read_bytes()
    marker.write_bytes(content[: int(left * len(content))])
    explain_clusters.fn(run)
    assert redone(before, explanation) == 1
    assert as_never_interrupted(run, *whole)


def test_maps_of_a_cluster_that_were_deleted_are_made_again(run, whole):
    explanation, _ = whole
    before = chunks_of(explanation)
    shutil.rmtree(explanation / "maps" / "1")
    explain_clusters.fn(run)
    assert redone(before, explanation) == sum(chunk.parent.name == "1" for chunk in before)
    assert as_never_interrupted(run, *whole)


def test_pictures_of_a_cluster_that_were_deleted_are_drawn_again_from_the_maps(run, whole):
    explanation, _ = whole
    before = chunks_of(explanation)
    shutil.rmtree(explanation / "results" / "1" / "1")
    explain_clusters.fn(run)
    assert redone(before, explanation) == 0
    assert as_never_interrupted(run, *whole)


def test_maps_that_lost_their_content_are_made_again(run, whole):
    explanation, _ = whole
    before = chunks_of(explanation)
    (sorted(before)[-1] / "maps.parquet").write_bytes(b"")
    explain_clusters.fn(run)
    assert redone(before, explanation) == 1
    assert as_never_interrupted(run, *whole)


def test_other_parameters_make_everything_anew_beside_it_and_going_back_costs_nothing(run, whole):
    explanation, manifest = whole
    before = chunks_of(explanation)
    other = explain_clusters.fn(run, explanation=ExplanationOptions(target="lead"))
    assert other != explanation
    assert len(chunks_of(other)) == len(before)
    assert (run / "latest").resolve() == other.resolve()
    others = chunks_of(other)

    assert explain_clusters.fn(run) == explanation
    assert redone(before, explanation) == redone(others, other) == 0
    assert (run / "latest").resolve() == explanation.resolve()
    assert as_never_interrupted(run, explanation, manifest)
    first, second = (pd.read_parquet(folder / "maps/0/0/maps.parquet") for folder in (explanation, other))
    assert first["value"].tolist() != second["value"].tolist()


def test_another_version_of_the_algorithm_makes_everything_anew(run, whole, monkeypatch):
    explanation, _ = whole
    monkeypatch.setattr("tasks.extract.ALGORITHM_VERSION", "attribution-of-tomorrow")
    other = explain_clusters.fn(run)
    assert other != explanation
    assert redone(chunks_of(explanation), other) == len(chunks_of(explanation))
    assert as_never_interrupted(run, *whole)


def test_another_partition_makes_everything_anew(run, whole):
    explanation, _ = whole
    file = RunLayout(run).final_assignments(1)
    table = pd.read_parquet(file)
    table.loc[[0, 1], ["cluster", "class_index"]] = table.loc[[1, 0], ["cluster", "class_index"]].to_numpy()
    table.loc[0, "score"] += 1
    table.to_parquet(file, index=False)
    other = explain_clusters.fn(run)
    assert other != explanation
    assert len(chunks_of(other)) >= 5
    assert as_never_interrupted(run, *whole)


def test_other_weights_make_everything_anew(run, whole):
    explanation, _ = whole
    layout = RunLayout(run)
    content = checkpoints.load(layout, 1)
    content["training"]["network"]["head.weight"] *= 2
    checkpoints.save(layout, 1, content, finished=True)
    other = explain_clusters.fn(run)
    assert other != explanation
    assert redone(chunks_of(explanation), other) == len(chunks_of(explanation))
    assert as_never_interrupted(run, *whole)


def test_a_photograph_that_changed_under_its_name_is_another_run(run, whole, coins, tmp_path):
    changed = tmp_path / "coins"
    shutil.copytree(coins, changed)
    first, second = sorted(changed.glob("*.jpg"))[:2]
    shutil.copy(second, first)
    with pytest.raises(RunMismatchError, match=r"photographs: .* then, .* now.*choose another --name"):
        train(changed, run.parent)
    assert as_never_interrupted(run, *whole)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_second_run_is_refused_and_a_stopped_one_ends_in_seconds_and_is_resumed(
    run, whole, start, stop, monkeypatch
):
    explanation, manifest = whole
    shutil.rmtree(explanation)
    monkeypatch.setattr("flows.explain_clusters.SECONDS_TO_PUBLISH", 0)
    process = start(WAITS)
    assert process.stdout.readline() == "half written\n"
    with pytest.raises(RunBusyError, match=f"is being worked on by process {process.pid} on "):
        explain_clusters.fn(run)
    with pytest.raises(RunBusyError):
        explain_clusters.fn(run, work=Work(clusters=(2,)))
    begun = time.monotonic()
    process.send_signal(stop)
    process.communicate(timeout=SECONDS_TO_STOP)
    assert time.monotonic() - begun < SECONDS_TO_STOP
    assert process.returncode != 0

    before = {c: w for c, w in chunks_of(explanation).items() if not c.name.startswith(UNFINISHED)}
    assert len(before) == 1
    explain_clusters.fn(run)
    assert redone(before, explanation) == len(chunks_of(explanation)) - 1
    assert as_never_interrupted(run, explanation, manifest)


def test_a_stranger_among_the_files_is_left_alone_and_told(run, whole):
    explanation, _ = whole
    (explanation / "results" / "notes.txt").write_text("mine")
    explain_clusters.fn(run)
    assert "results/notes.txt" in strangers(explanation)
    assert as_never_interrupted(run, *whole)
