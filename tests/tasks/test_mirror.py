import secrets
import threading
from pathlib import Path

import pytest

from storage import runs
from storage.errors import DamagedError, PlaceError, RunBusyError, RunMismatchError, UnreachableError
from storage.layout import RunLayout
from storage.markers import committing
from storage.remote.store import RemoteRun, open_store
from tasks import mirror
from tasks.mirror import address, addresses, know, local_run, local_runs, mirrored, remote_run
from tests.waiting import PATIENCE_S


@pytest.fixture
def place(monkeypatch, tmp_path):
    """The address of an empty store in this process's memory; working copies lie in the test's folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return f"memory://{secrets.token_hex(8)}/museum"


@pytest.fixture
def layout(place):
    """A run that has begun in the working copy."""
    return runs.begin(local_runs(place), "test", identity={"k": 3})


def another_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))


def test_a_folder_of_runs_is_left_alone(tmp_path):
    layout = runs.begin(local_runs(str(tmp_path / "runs")), "test", identity={})
    before = sorted(layout.root.iterdir())
    with mirrored(layout):
        know(tmp_path / "runs", "test")
        assert sorted(layout.root.iterdir()) == before
    assert local_run(layout.root) == layout.root
    assert remote_run(layout.root) is None
    assert address(layout) == str(layout.root.resolve())


def test_a_store_has_one_working_copy_a_machine(place, tmp_path):
    assert local_runs(place) == local_runs(f"{place}/")
    assert local_runs(place).is_relative_to(tmp_path / "cache" / "coin-xai")
    assert local_runs(f"{place}2") != local_runs(place)


@pytest.mark.parametrize(
    ("given", "runs_of", "name"),
    [
        ("s3://bucket/museum/celtic-k26", "s3://bucket/museum", "celtic-k26"),
        ("s3://bucket/celtic", "s3://bucket", "celtic"),
        ("memory://museum/celtic", "memory://museum", "celtic"),
        ("file:///data/runs/celtic", "file:///data/runs", "celtic"),
    ],
)
def test_the_address_of_a_run_is_known_by_its_path(given, runs_of, name, bucket):
    assert bucket  # s3 is asked for nothing, but wants an environment
    run = remote_run(Path(given))
    assert run == open_store(runs_of).run(name)
    assert run.url == given


@pytest.mark.parametrize("given", ["runs/celtic", "/data/runs/celtic", "C:/runs/celtic", "a:b/c/d"])
def test_folders_stay_folders(given):
    assert remote_run(Path(given)) is None


def test_what_is_finished_is_sent_while_the_block_runs(layout, place, monkeypatch):
    monkeypatch.setattr(mirror, "SECONDS_BETWEEN_ROUNDS", 0.01)
    sent = threading.Event()
    write = RemoteRun.write

    def tell(self, name, content):
        write(self, name, content)
        if name == "explanations/abc/maps/0/0/_done.json":
            sent.set()

    monkeypatch.setattr(RemoteRun, "write", tell)
    with mirrored(layout):
        with committing(layout.explanation("abc").maps(0, 0), "chunk") as folder:
            (folder / "maps.parquet").write_bytes(b"maps")
        assert sent.wait(PATIENCE_S)
    assert address(layout) == f"{place}/test"
    assert addresses(place) == [f"{place}/test"]


def test_what_was_finished_before_a_failure_is_sent_and_the_failure_is_told(layout):
    def fail():
        with mirrored(layout):
            layout.coins.write_bytes(b"coins")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    layout.coins.unlink()
    with mirrored(layout):
        assert layout.coins.read_bytes() == b"coins"


def test_another_machine_is_told_who_works_on_the_run_and_goes_on_afterwards(
    layout, place, monkeypatch, tmp_path
):
    with mirrored(layout):
        layout.coins.write_bytes(b"coins")
        another_machine(monkeypatch, tmp_path)
        other = RunLayout(local_runs(place) / "test")
        with pytest.raises(RunBusyError, match=r"is being worked on by process \d+ on"), mirrored(other):
            pass
    assert local_run(Path(f"{place}/test")) == other.root
    with mirrored(runs.find(other.root)):
        assert other.coins.read_bytes() == b"coins"


def test_a_second_process_with_the_same_working_copy_is_told_so(layout):
    with (
        mirrored(layout),
        pytest.raises(RunBusyError, match=r"is being worked on by process"),
        mirrored(layout),
    ):
        pass


def test_a_name_that_another_machine_has_given_is_known_before_a_run_begins(
    layout, place, monkeypatch, tmp_path
):
    with mirrored(layout):
        pass
    another_machine(monkeypatch, tmp_path)
    know(local_runs(place), "test")
    with pytest.raises(RunMismatchError, match="begun with something else"):
        runs.begin(local_runs(place), "test", identity={"k": 4})
    runs.begin(local_runs(place), "test", identity={"k": 3})


def test_what_could_not_be_sent_is_told_stays_here_and_is_sent_later(layout, monkeypatch):
    def fail(*_arguments):
        raise UnreachableError("the network is gone")

    def work():
        with mirrored(layout):
            layout.coins.write_bytes(b"coins")

    with monkeypatch.context() as gone:
        gone.setattr(RemoteRun, "send_open", fail)
        with pytest.raises(UnreachableError, match="the network is gone"):
            work()
    with mirrored(layout):
        assert layout.coins.read_bytes() == b"coins"
    layout.coins.unlink()
    with mirrored(layout):
        assert layout.coins.read_bytes() == b"coins"


@pytest.mark.parametrize(
    "record", ["", "{}", "[]", '{"url": "runs", "copy": "x"}', '{"url": 3, "copy": "x"}']
)
def test_a_record_of_a_copy_that_cannot_be_read_is_named(record, layout):
    (layout.root.parent / "store.json").write_text(record)
    with pytest.raises(DamagedError, match=r"store\.json"), mirrored(layout):
        pass


def test_an_address_with_a_password_is_refused(place):
    with pytest.raises(PlaceError, match="by the environment"):
        local_runs("s3://key:secret@bucket/museum")
    assert place
