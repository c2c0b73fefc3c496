"""What can happen to an explanation, and how much of it is done again: never too much, never too little.

A chunk was computed again if its file of maps is another one than before.
"""

import shutil
import signal

import pandas as pd
import pytest

from coin_xai.attribution.options import ExplanationOptions
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.parameters import Work
from storage import checkpoints
from storage.atomic import TEMPORARY
from storage.errors import NoSpaceError, RunBusyError, RunMismatchError
from storage.inventory import damages
from storage.layout import RunLayout
from storage.manifest import strangers, verify
from storage.maps import write_maps
from storage.markers import MARKER, UNFINISHED, read_marker
from tests.flows.conftest import train
from tests.waiting import wait_until
from tests.written import make_old, written_since

CHUNK_COINS = 4

# Explains a run; when the second chunk is half written, it does what is asked for.
PROGRAM = """
import os, signal, time
from pathlib import Path
import tasks.collection, tasks.transform
from flows.explain_clusters import explain_clusters
from tasks.running.ready_chunks import raise_if_cancelled

tasks.collection.CHUNK_COINS = {chunk_coins}
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs behind ignore it
chunks = []

def write_half(path, *content):
    chunks.append(path)
    if len(chunks) == 2:
        path.write_bytes(b"half")
        Path({half!r}).touch()
        while True:
            {then}
            time.sleep(0.01)
    write(path, *content)

write, tasks.transform.write_maps = tasks.transform.write_maps, write_half
explain_clusters.fn(Path({run!r}))
"""
DIES = "os.kill(os.getpid(), signal.SIGKILL)"
WAITS = "raise_if_cancelled()"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr("tasks.collection.CHUNK_COINS", CHUNK_COINS)


@pytest.fixture(scope="module")
def explained_before(coins, tmp_path_factory):
    """A folder of runs with one that was explained without any interruption, in small chunks."""
    runs = tmp_path_factory.mktemp("scenarios") / "runs"
    with pytest.MonkeyPatch.context() as small:
        small.setattr("tasks.collection.CHUNK_COINS", CHUNK_COINS)
        explain_clusters.fn(train(coins, runs))
    return runs


@pytest.fixture
def run(explained_before, tmp_path):
    """An explained run of one's own."""
    shutil.copytree(explained_before, tmp_path / "runs", symlinks=True)
    return tmp_path / "runs" / "test"


@pytest.fixture
def whole(run):
    """The folder of its explanation, and its manifest."""
    explanation = (run / "latest").resolve()
    return explanation, (explanation / "manifest.json").read_bytes()


def chunks_of(explanation):
    """Return the chunks that there are, and note that they are."""
    return {path.parent for path in make_old(explanation.glob("maps/*/*/maps.parquet"))}


def redone(before, explanation):
    """Return how many chunks are there that were not before, or were written anew."""
    files = set(explanation.glob("maps/*/*/maps.parquet"))
    return len({path.parent for path in files} - before | {path.parent for path in written_since(files)})


def as_never_interrupted(run, explanation, manifest):
    assert (explanation / "manifest.json").read_bytes() == manifest
    assert verify(explanation) == []
    assert [path for path in run.rglob("*") if path.name.startswith((UNFINISHED, TEMPORARY))] == []
    return True


@pytest.fixture
def start(run, nursery, tmp_path):
    """Start a process that explains the run until its second chunk is half written; return it."""

    def begin(then):
        half = tmp_path / "half"
        half.unlink(missing_ok=True)
        process = nursery.start(
            PROGRAM.format(chunk_coins=CHUNK_COINS, then=then, half=str(half), run=str(run))
        )
        wait_until(half.exists, "the second chunk, half written", of=process)
        return process

    return begin


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
    assert start(DIES).wait() == -signal.SIGKILL
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
def test_a_second_run_is_refused_and_a_stopped_one_ends_and_is_resumed(run, whole, start, monkeypatch):
    explanation, manifest = whole
    shutil.rmtree(explanation / "maps")
    monkeypatch.setattr("flows.explaining.explanation.SECONDS_TO_PUBLISH", 0)
    for chunks, stop in enumerate((signal.SIGTERM, signal.SIGINT), start=1):
        process = start(WAITS)
        with pytest.raises(RunBusyError, match=f"is being worked on by process {process.pid} on "):
            explain_clusters.fn(run)
        with pytest.raises(RunBusyError):
            explain_clusters.fn(run, work=Work(clusters=(2,)))
        process.send_signal(stop)
        assert process.wait() != 0  # it does, in the midst of a piece that has no end of its own
        before = {chunk for chunk in chunks_of(explanation) if not chunk.name.startswith(UNFINISHED)}
        assert len(before) == chunks  # one more each time

    explain_clusters.fn(run)
    assert redone(before, explanation) == len(chunks_of(explanation)) - len(before)
    assert as_never_interrupted(run, explanation, manifest)


@pytest.fixture
def small_disk(disk_of):
    """A file system of so many MiB that a run fits twice."""
    return disk_of("64m")


def test_a_full_disk_stops_it_without_a_torn_file_and_it_goes_on_when_there_is_space(run, whole, small_disk):
    explanation, manifest = whole
    shutil.copytree(run.parent, small_disk / "runs", symlinks=True)
    run, explanation = (small_disk / "runs" / path.relative_to(run.parent) for path in (run, explanation))
    taken = sum(path.stat().st_size for path in explanation.rglob("*") if path.is_file())
    shutil.rmtree(explanation)
    filling = small_disk / "filling"
    for left in (0.15, 0.6):  # of what it takes as a whole
        there = sum(path.stat().st_size for path in explanation.rglob("*") if path.is_file())
        with filling.open("wb", buffering=0) as file:
            file.write(bytes(shutil.disk_usage(small_disk).free - max(0, int(left * taken) - there)))
        with pytest.raises(NoSpaceError, match="the disk is full at"):
            explain_clusters.fn(run)
        assert not (explanation / "manifest.json").exists()
        for marker in explanation.rglob(MARKER):
            assert damages(marker.parent, read_marker(marker.parent)["files"].items()) == []
        filling.unlink()
    explain_clusters.fn(run)
    assert as_never_interrupted(run, explanation, manifest)


def test_a_stranger_among_the_files_is_left_alone_and_told(run, whole):
    explanation, _ = whole
    (explanation / "results" / "notes.txt").write_text("mine")
    explain_clusters.fn(run)
    assert "results/notes.txt" in strangers(explanation)
    assert as_never_interrupted(run, *whole)
