"""What is sent comes back, wherever the sending was stopped."""

import hashlib
import shutil

import pytest

from storage.errors import RunBusyError, UnreachableError
from storage.markers import MARKER, committing, is_done
from storage.remote.audit import audit
from storage.remote.download import bring
from storage.remote.lease import leasing
from storage.remote.store import INDEX, RemoteRun
from storage.remote.upload import Upload
from tests.written import make_old, written_since


class StoppedError(BaseException):
    """As if the process had been killed."""


@pytest.fixture
def writes(monkeypatch):
    """The names of the objects that are written; from the `stop`th on, nothing reaches the store any more."""
    names = []
    names_and_stop = {"names": names, "stop": None}
    for method in ("send", "send_open", "write"):
        original = getattr(RemoteRun, method)

        def spy(self, name, content, original=original):
            if not name.startswith(".store/lease"):
                if len(names) == names_and_stop["stop"]:
                    raise StoppedError
                names.append(name)
            original(self, name, content)

        monkeypatch.setattr(RemoteRun, method, spy)
    return names_and_stop


def test_a_run_comes_back_byte_for_byte(explained, remote, step, kept, tmp_path):
    assert step(explained.root, remote) > 10
    other = tmp_path / "elsewhere" / "run"
    assert step(other, remote, copy="another copy") == 0
    assert kept(other) == kept(explained.root)
    assert is_done(other / "explanations/abc/maps/0/1", "chunk 1")
    assert audit(remote) == []


def test_what_is_there_is_neither_sent_nor_brought_again(explained, remote, step, writes, tmp_path):
    step(explained.root, remote)
    writes["names"].clear()
    assert step(explained.root, remote) == 0
    assert step(tmp_path / "other", remote) == 0
    before = make_old((tmp_path / "other").rglob("*.p*"))
    assert step(tmp_path / "other", remote) == 0
    assert set((tmp_path / "other").rglob("*.p*")) == before
    assert not written_since(before)
    assert writes["names"] == []


def test_contents_go_first_then_markers_then_the_manifest_and_the_index_last(explained, remote, step, writes):
    step(explained.root, remote)
    names = writes["names"]
    for position, name in enumerate(names):
        folder, _, last = name.rpartition("/")
        if last == MARKER:
            assert not [later for later in names[position + 1 :] if later.startswith(f"{folder}/")]
    manifest = names.index("explanations/abc/manifest.json")
    assert not [name for name in names[manifest + 1 :] if name.startswith("explanations/")]
    assert names[-1] == INDEX


def test_stopped_anywhere_only_whole_things_are_there_and_the_next_one_ends_it(
    explained, memory, step, kept, writes, tmp_path
):
    whole = kept(explained.root)
    for stop in range(1000):
        writes["names"].clear()
        writes["stop"] = stop
        for name in memory.sizes():
            memory.remove([name])
        try:
            step(explained.root, memory)
        except StoppedError:
            writes["stop"], ended = None, INDEX in writes["names"]
            other = tmp_path / f"after {stop}"
            step(other, memory, copy="another copy")
            found, _ = kept(other)
            assert found.items() <= whole[0].items()
            for folder in ("maps/0/0", "maps/0/1", "results/1/0"):
                assert (other / "explanations/abc" / folder).exists() == (
                    f"explanations/abc/{folder}/{MARKER}" in memory.sizes()
                )
            assert ("training/checkpoints/0001.pt" in found) == ended
            step(explained.root, memory)
            shutil.rmtree(other, ignore_errors=True)
            step(other, memory, copy="another copy")
            assert kept(other) == whole
        else:
            break
    assert stop > 15


def test_a_folder_that_is_made_anew_replaces_the_one_in_the_store(explained, memory, step, kept, tmp_path):
    folder = explained.explanation("abc").pictures(1, 0)
    with leasing(memory, "me") as lease:
        upload = Upload(explained.root, lease, bring(explained.root, memory))
        upload.send()
        with committing(folder, "other pictures", cluster=0) as temporary:
            (temporary / "BN_3023_R-grad_cam.png").write_bytes(b"other")
        explained.metrics.write_bytes(b"epoch,loss\n1,2\n2,1\n")
        (explained.checkpoints / "0001.pt").unlink()
        upload.send()
    sizes = memory.sizes()
    assert "explanations/abc/results/1/0/deep/a=2Fb.png" not in sizes
    assert f".store/contents/{hashlib.sha256(b'weights' * 1000).hexdigest()}" not in sizes
    # The manifest speaks of the pictures of before, so it is not there until the flow has written it anew.
    step(tmp_path / "other", memory, copy="another copy")
    found, expected = kept(tmp_path / "other")[0], kept(explained.root)[0]
    for name in ("manifest.json", "report.html", "assignments.csv", "assignments.parquet"):
        expected.pop(f"explanations/abc/{name}")
        found.pop(f"explanations/abc/{name}", None)
    assert found == expected


def test_what_is_replaced_while_it_is_sent_waits_for_the_next_round(explained, memory, monkeypatch):
    folder = explained.explanation("abc").maps(0, 0)
    original = RemoteRun.send

    def replace(self, name, path):
        if path.parent == folder and is_done(folder, "chunk 0"):
            with committing(folder, "chunk 0 again", cluster=0) as temporary:
                (temporary / "other.parquet").write_bytes(b"other maps")
        original(self, name, path)

    monkeypatch.setattr(RemoteRun, "send", replace)
    with leasing(memory, "me") as lease:
        upload = Upload(explained.root, lease, bring(explained.root, memory))
        upload.send()
        assert memory.read(f"explanations/abc/maps/0/0/{MARKER}") is None
        upload.send()
    assert memory.read(f"explanations/abc/maps/0/0/{MARKER}") == (folder / MARKER).read_bytes()
    # It speaks of the chunk of before.
    assert memory.read("explanations/abc/manifest.json") is None


def test_a_store_that_loses_bytes_is_noticed_before_the_marker_is_written(
    explained, remote, step, monkeypatch
):
    def lose(self, name, path):
        self.write(name, path.read_bytes()[:-1])

    monkeypatch.setattr(RemoteRun, "send", lose)
    with pytest.raises(UnreachableError, match=r"did not keep .*maps\.parquet whole \(5 bytes of 6\)"):
        step(explained.root, remote)
    assert not [name for name in remote.sizes() if name.endswith(MARKER)]


def test_who_has_lost_the_run_sends_nothing_more(explained, memory):
    with leasing(memory, "slow") as lease:
        upload = Upload(explained.root, lease, bring(explained.root, memory))
        lease.lost = "taken"
        with pytest.raises(RunBusyError, match="taken"):
            upload.send()
    assert not [name for name in memory.sizes() if not name.startswith(".store/lease")]
