import json
import logging
import zipfile

import pytest
import torch

from storage import checkpoints
from storage.atomic import TEMPORARY
from storage.errors import DamagedError, MissingError, NoSpaceError
from storage.fingerprint import hash_file
from storage.layout import RunLayout

SAVE = """
import torch
from storage import checkpoints
from storage.layout import RunLayout

def work(number):
    # Now a later epoch, now the same again, as when a training that was stopped is asked to end there.
    epoch, finished = 10 + number // 3, number % 3 == 2
    content = {"epoch": epoch, "weights": torch.full((200_000,), float(number))}
    checkpoints.save(RunLayout(Path(sys.argv[1])), epoch, content, finished=finished)
"""


class Intruder:
    """A pickle of it makes a file when it is loaded carelessly."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return open, (str(self.file), "w")


@pytest.fixture
def layout(tmp_path):
    return RunLayout(tmp_path / "run")


def content(number=0, *, values=10):
    return {
        "training": {"weights": torch.full((values,), float(number)), "epochs": number},
        "options": {"k": 26},
    }


def names(layout):
    return sorted(path.name for path in layout.checkpoints.iterdir())


def rewrite(layout, epoch, **facts):
    """Change a record; with it a checkpoint of somebody else can be passed off as our own."""
    path = layout.checkpoints / f"{epoch:04d}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def test_a_checkpoint_comes_back_as_it_was(layout):
    checkpoints.save(layout, 3, content(3), finished=False)
    loaded = checkpoints.load(layout, 3)
    assert torch.equal(loaded["training"]["weights"], torch.full((10,), 3.0))
    assert loaded["options"] == {"k": 26}
    assert checkpoints.hash_of(layout, 3) == hash_file(layout.checkpoints / "0003.pt")


def test_the_same_content_makes_the_same_file(layout, tmp_path):
    other = RunLayout(tmp_path / "other")
    for one in (layout, other):
        checkpoints.save(one, 3, content(3), finished=True)
    assert checkpoints.hash_of(layout, 3) == checkpoints.hash_of(other, 3)


def test_figures_that_a_killed_training_was_writing_go_with_the_next_checkpoint(layout):
    layout.training.mkdir(parents=True)
    (layout.training / f"{TEMPORARY}a71d7d79-metrics.csv").write_text("epoch,lo")
    layout.metrics.write_text("epoch,loss\n1,2.5\n")
    checkpoints.save(layout, 2, content(), finished=True)
    assert sorted(path.name for path in layout.training.iterdir()) == ["checkpoints", "metrics.csv"]


@pytest.mark.slow
def test_a_killed_process_leaves_every_checkpoint_of_before_or_a_later_one(kill_at_random, layout):
    # Between unfinished checkpoints of one epoch lies a finished one, which must never be lost again.
    kept, swept = set(), 0
    for kills in kill_at_random(SAVE, layout.root):
        last = checkpoints.latest(layout)
        if last is None:
            continue
        loaded = checkpoints.load(layout, last)
        assert loaded["epoch"] == last
        assert (loaded["weights"] == loaded["weights"][0]).all()
        assert kept <= set(names(layout))
        finished = checkpoints.latest(layout, finished=True)
        if finished is not None:
            assert checkpoints.load(layout, finished)["epoch"] == finished
            kept.add(f"{finished:04d}.json")
        swept += any(name.startswith(".tmp-") for name in names(layout))
        if kills >= 10 and kept and swept:
            break
    assert kept
    assert swept, "no kill came in the middle of writing"
    checkpoints.save(layout, 99, content(), finished=True)
    records = {name.removesuffix(".json") for name in names(layout) if name.endswith(".json")}
    contents = {name[:4] for name in names(layout) if name.endswith(".pt")}
    assert records == contents
    assert len(names(layout)) == 2 * len(records), "something half-written was left"


def test_saved_again_the_checkpoint_of_before_counts_until_the_new_one_does(layout, monkeypatch):
    checkpoints.save(layout, 10, content(1), finished=False)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write_bytes", die)
        with pytest.raises(KeyboardInterrupt):
            checkpoints.save(layout, 10, content(2), finished=True)
    assert checkpoints.latest(layout, finished=True) is None
    assert checkpoints.load(layout, 10)["training"]["epochs"] == 1
    checkpoints.save(layout, 10, content(3), finished=True)
    assert checkpoints.latest(layout, finished=True) == 10
    assert checkpoints.load(layout, 10)["training"]["epochs"] == 3
    assert names(layout) == ["0010-again.pt", "0010.json"]
    checkpoints.save(layout, 10, content(4), finished=True)
    assert checkpoints.load(layout, 10)["training"]["epochs"] == 4
    assert names(layout) == ["0010.json", "0010.pt"]


def test_content_without_a_record_does_not_count(layout):
    checkpoints.save(layout, 5, content(5), finished=False)
    (layout.checkpoints / "0010.pt").write_bytes((layout.checkpoints / "0005.pt").read_bytes())
    assert checkpoints.latest(layout) == 5
    with pytest.raises(MissingError, match="has no checkpoint of epoch 10; train it first"):
        checkpoints.load(layout, 10)
    checkpoints.save(layout, 6, content(6), finished=False)
    assert names(layout) == ["0006.json", "0006.pt"]


def test_unfinished_ones_go_when_a_later_one_is_there_and_finished_ones_stay(layout):
    for epoch, finished in ((5, False), (10, True), (15, False), (20, False)):
        checkpoints.save(layout, epoch, content(epoch), finished=finished)
    (layout.checkpoints / "0010.parquet").write_bytes(b"the final partition")
    (layout.checkpoints / "mine.pt").write_bytes(b"somebody's own")
    checkpoints.save(layout, 25, content(25), finished=True)
    assert names(layout) == ["0010.json", "0010.parquet", "0010.pt", "0025.json", "0025.pt", "mine.pt"]


def test_the_latest_one_may_be_asked_for_up_to_an_epoch_or_among_the_finished(layout):
    assert checkpoints.latest(layout) is None
    for epoch, finished in ((10, True), (20, True), (25, False)):
        checkpoints.save(layout, epoch, content(epoch), finished=finished)
    assert checkpoints.latest(layout) == 25
    assert checkpoints.latest(layout, until=24) == 20
    assert checkpoints.latest(layout, finished=True) == 20
    assert checkpoints.latest(layout, until=19, finished=True) == 10
    assert checkpoints.latest(layout, until=9) is None


def test_one_that_is_too_short_does_not_count_and_is_named(layout, caplog):
    checkpoints.save(layout, 5, content(5), finished=True)
    checkpoints.save(layout, 10, content(10), finished=True)
    whole = (layout.checkpoints / "0010.pt").read_bytes()
    (layout.checkpoints / "0010.pt").write_bytes(whole[:-1])
    with caplog.at_level(logging.WARNING):
        assert checkpoints.latest(layout) == 5
    assert "0010.json does not count: 0010.pt has" in caplog.text
    checkpoints.save(layout, 10, content(11), finished=True)
    assert checkpoints.load(layout, 10)["training"]["epochs"] == 11


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"epoch": "10"}', "\xff"],
)
def test_a_record_that_cannot_be_read_does_not_count(layout, text, caplog):
    checkpoints.save(layout, 5, content(5), finished=True)
    checkpoints.save(layout, 10, content(10), finished=True)
    (layout.checkpoints / "0010.json").write_bytes(text.encode("latin-1"))
    with caplog.at_level(logging.WARNING):
        assert checkpoints.latest(layout) == 5
    assert "0010.json does not count" in caplog.text


@pytest.mark.parametrize("name", ["../0010.pt", "0005.pt", "/etc/hostname", "mine.pt"])
def test_a_record_that_names_another_file_does_not_count(layout, name):
    checkpoints.save(layout, 5, content(5), finished=True)
    checkpoints.save(layout, 10, content(10), finished=True)
    rewrite(layout, 10, file=name)
    assert checkpoints.latest(layout) == 5


def test_one_with_other_bytes_is_damaged_and_named(layout):
    checkpoints.save(layout, 5, content(5), finished=True)
    file = layout.checkpoints / "0005.pt"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamagedError, match=r"0005\.pt is damaged; remove it and train again"):
        checkpoints.load(layout, 5)
    file.unlink()
    assert checkpoints.latest(layout) is None


def test_a_checkpoint_that_would_run_code_is_refused_and_nothing_is_run(layout, tmp_path):
    checkpoints.save(layout, 5, content(5), finished=True)
    file, loot = layout.checkpoints / "0005.pt", tmp_path / "loot"
    torch.save({"training": Intruder(loot)}, file)
    rewrite(layout, 5, bytes=file.stat().st_size, sha256=hash_file(file))
    torch.load(file, weights_only=False)["training"].close()
    assert loot.exists(), "the intruder is harmless, so this test proves nothing"
    loot.unlink()
    with pytest.raises(
        DamagedError, match=r"0005\.pt is no checkpoint of coin-xai: .* nothing in it was run"
    ):
        checkpoints.load(layout, 5)
    assert not loot.exists()


@pytest.mark.parametrize("kind", ["text", "zip", "nothing"])
def test_a_file_that_is_no_checkpoint_at_all_is_refused(layout, kind):
    checkpoints.save(layout, 5, content(5), finished=True)
    file = layout.checkpoints / "0005.pt"
    file.write_bytes({"text": b"coins", "nothing": b""}.get(kind, b""))
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("coins.txt", "denarius")
    rewrite(layout, 5, bytes=file.stat().st_size, sha256=hash_file(file))
    with pytest.raises(DamagedError, match=r"0005\.pt is no checkpoint of coin-xai"):
        checkpoints.load(layout, 5)


@pytest.mark.parametrize("epoch", [5, 10], ids=["the same epoch", "a later epoch"])
def test_a_full_disk_leaves_the_checkpoint_of_before(small_disk, fill, epoch):
    layout = RunLayout(small_disk)
    checkpoints.save(layout, 5, content(5, values=30_000), finished=False)
    fill(small_disk, leave=50_000)
    with pytest.raises(
        NoSpaceError, match=rf"the disk is full at .*{epoch:04d}(-again)?\.pt; free some space"
    ):
        checkpoints.save(layout, epoch, content(6, values=30_000), finished=True)
    assert checkpoints.load(layout, 5)["training"]["epochs"] == 5
    assert names(layout) == ["0005.json", "0005.pt"]
    (small_disk / "filling").unlink()
    checkpoints.save(layout, epoch, content(6, values=30_000), finished=True)
    assert checkpoints.load(layout, epoch)["training"]["epochs"] == 6
