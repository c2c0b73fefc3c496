import argparse
import collections
import hashlib
import io
import os
import pickle
import shutil
import tarfile
import types
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.legacy.architecture import Architecture
from storage.legacy.checkpoint import read_checkpoint
from storage.legacy.errors import LegacyError

CONTAINERS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream of pickles"])


@pytest.fixture
def save(tmp_path):
    def call(content, *, zipped=True, name="checkpoint.pth.tar", **options):
        torch.save(content, tmp_path / name, _use_new_zipfile_serialization=zipped, **options)
        return tmp_path / name

    return call


class Hostile:
    """Calls a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@CONTAINERS
@pytest.mark.parametrize("sobel", [True, False])
@pytest.mark.parametrize("arch", ["alexnet", "vgg16"])
def test_a_published_checkpoint_is_read_and_recognised(published, save, arch, sobel, zipped):
    content = published(arch, sobel=sobel)
    path = save(content, zipped=zipped)
    found = read_checkpoint(path)
    assert found.epoch == 3
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.architecture == Architecture(arch, 1 / 16, sobel, 5)
    assert found.weights["head.weight"].equal(content["state_dict"]["top_layer.weight"])
    assert found.weights["features.0.weight"].equal(content["state_dict"]["features.module.0.weight"])
    assert not [name for name in found.weights if "module" in name or "num_batches_tracked" in name]
    assert ("sobel.1.weight" in found.weights) == sobel


def renamed(state, rename):
    return collections.OrderedDict((rename(name), tensor) for name, tensor in state.items())


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: f"module.{name}",
        lambda name: f"module.module.{name}",
        lambda name: name.replace(".module", ""),
        lambda name: name.replace("classifier.", "classifier.module."),
    ],
)
def test_module_may_stand_anywhere_in_the_names(published, save, rename):
    content = published()
    expected = read_checkpoint(save(content)).weights
    found = read_checkpoint(save({**content, "state_dict": renamed(content["state_dict"], rename)})).weights
    assert found.keys() == expected.keys()
    assert all(found[name].equal(expected[name]) for name in expected)


def test_two_tensors_of_one_name_are_refused(published, save):
    content = published()
    content["state_dict"]["top_layer.module.bias"] = torch.zeros(5)
    with pytest.raises(LegacyError, match=r"two tensors called head\.bias"):
        read_checkpoint(save(content))


def test_a_file_without_batch_counters_is_read(published, save):
    content = published()
    expected = read_checkpoint(save(content)).weights.keys()
    kept = {name: one for name, one in content["state_dict"].items() if "num_batches_tracked" not in name}
    assert len(kept) < len(content["state_dict"])
    assert read_checkpoint(save({**content, "state_dict": kept})).weights.keys() == expected


def test_a_state_dict_alone_is_read_and_says_no_epoch(published, save):
    assert read_checkpoint(save(published()["state_dict"])).epoch is None


@pytest.mark.parametrize(
    "name", ["checkpoint_0.pth.tar", "checkpoint_0.0.pth.tar", "checkpoint_5004.0.pth.tar"]
)
def test_a_checkpoint_from_within_an_epoch_is_called_so(published, save, caplog, name):
    assert read_checkpoint(save(published(epoch=1), name=name)).epoch == 1
    iteration = name.removeprefix("checkpoint_").partition(".")[0]
    assert f"was kept after iteration {iteration}, within epoch 1" in caplog.text


def test_any_other_name_is_none_from_within_an_epoch(published, save, caplog):
    read_checkpoint(save(published(), name="my checkpoint_1 (copy).bin"))
    assert not caplog.records


class PicklerOfPython2(pickle._Pickler):
    """Writes texts as Python 2 did, as bytes."""

    def save_str(self, text):
        data = text.encode()
        self.write(b"U" + bytes([len(data)]) + data)
        self.memoize(text)


PicklerOfPython2.dispatch = {**pickle._Pickler.dispatch, str: PicklerOfPython2.save_str}


def test_a_stream_of_python_2_is_read(published, save):
    module = types.ModuleType("pickle_of_python_2")
    module.Pickler = PicklerOfPython2
    module.dump = lambda value, file, protocol: PicklerOfPython2(file, protocol).dump(value)
    content = published()
    path = save(content, zipped=False, pickle_module=module, pickle_protocol=2)
    assert b"U\x0astate_dict" in path.read_bytes()
    assert read_checkpoint(path).weights["head.bias"].equal(content["state_dict"]["top_layer.bias"])


@CONTAINERS
def test_tensors_that_were_on_a_gpu_are_read_without_one(published, save, monkeypatch, zipped):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda _storage: "cuda:3")
    path = save(published(), zipped=zipped)
    monkeypatch.undo()
    assert read_checkpoint(path).weights["head.bias"].device.type == "cpu"


@CONTAINERS
@pytest.mark.parametrize("ignore_extras", [False, True])
@pytest.mark.parametrize("where", ["beside", "inside"])
def test_a_checkpoint_that_would_run_a_command_is_refused_and_runs_nothing(
    published, save, tmp_path, zipped, ignore_extras, where
):
    marker = tmp_path / "marker"
    content = published()
    (content if where == "beside" else content["state_dict"])["x"] = Hostile(os.system, f"touch {marker}")
    path = save(content, zipped=zipped)
    with pytest.raises(LegacyError, match=r"names posix\.system.*Nothing in it was run"):
        read_checkpoint(path, ignore_extras=ignore_extras)
    assert not marker.exists()


@CONTAINERS
def test_even_when_extras_are_ignored_no_function_of_a_file_is_called(published, save, tmp_path, zipped):
    (tmp_path / "photographs").mkdir()
    path = save(published(x=Hostile(shutil.rmtree, str(tmp_path / "photographs"))), zipped=zipped)
    with pytest.raises(LegacyError, match=r"names shutil\.rmtree.*--ignore-extras"):
        read_checkpoint(path)
    assert read_checkpoint(path, ignore_extras=True).epoch == 3
    assert (tmp_path / "photographs").exists()


@CONTAINERS
@pytest.mark.parametrize("function", [eval, os.system])
def test_what_names_the_system_is_refused_all_the_same(published, save, tmp_path, caplog, zipped, function):
    path = save(published(x=Hostile(function, f"open({str(tmp_path / 'marker')!r}, 'w')")), zipped=zipped)
    name = r"(__builtin__\.eval|posix\.system)"
    with pytest.raises(LegacyError, match=rf"names {name}: refused, with --ignore-extras as well") as refusal:
        read_checkpoint(path, ignore_extras=True)
    assert "Nothing in it was run" in str(refusal.value)
    assert "reads the tensors" not in str(refusal.value)
    with pytest.raises(LegacyError, match=rf"names {name}: refused, with --ignore-extras as well"):
        read_checkpoint(path)
    assert not (tmp_path / "marker").exists()
    assert "passed over" not in caplog.text


@CONTAINERS
def test_what_is_no_tensor_and_yet_plain_is_no_extra(published, save, caplog, zipped):
    path = save(published(args=argparse.Namespace(), seen={1, 2}, z=1j), zipped=zipped)
    with pytest.raises(
        LegacyError, match=r"names argparse\.Namespace, and .*--ignore-extras reads the tensors"
    ):
        read_checkpoint(path)
    assert read_checkpoint(path, ignore_extras=True).epoch == 3
    assert "names argparse.Namespace: not run" in caplog.text


@CONTAINERS
def test_extras_of_forks_are_refused_unless_asked_for_and_then_named(published, save, caplog, zipped):
    extras = {"args": argparse.Namespace(arch="alexnet", lr=0.05), "best": np.float64(0.4)}
    path = save(published(**extras), zipped=zipped)
    with pytest.raises(
        LegacyError, match=r"names argparse\.Namespace, numpy.*--ignore-extras reads the tensors"
    ):
        read_checkpoint(path)
    assert not caplog.records
    assert read_checkpoint(path, ignore_extras=True).architecture.k == 5
    assert "names argparse.Namespace, numpy" in caplog.text
    with pytest.raises(LegacyError):
        read_checkpoint(path)  # what was tolerated once is tolerated once


@CONTAINERS
def test_a_whole_network_is_refused(save, zipped):
    path = save({"epoch": 1, "state_dict": torch.nn.Linear(2, 2)}, zipped=zipped)
    for ignore_extras in (False, True):
        with pytest.raises(LegacyError):
            read_checkpoint(path, ignore_extras=ignore_extras)


def test_the_tar_of_pytorch_0_1_is_refused_with_what_to_do(tmp_path):
    with tarfile.open(tmp_path / "old.pth.tar", "w") as archive:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(
        LegacyError, match=r"container of PyTorch 0\.1.*save it anew with PyTorch 0.4 or later"
    ):
        read_checkpoint(tmp_path / "old.pth.tar")


def test_an_archive_that_grows_when_unpacked_is_refused(published, save):
    packed = save(published())
    swollen = packed.with_name("swollen")
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(swollen, "w", zipfile.ZIP_DEFLATED) as target:
        for one in source.namelist():
            target.writestr(one, bytes(10 * len(source.read(one))) if "/data/" in one else source.read(one))
    with pytest.raises(LegacyError, match="grows to"):
        read_checkpoint(swollen)


@CONTAINERS
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(published, save, share, zipped):
    path = save(published(), zipped=zipped)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(LegacyError, match="is no checkpoint of PyTorch or is cut off"):
        read_checkpoint(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"\x80\x02.", b"<html>"])
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(LegacyError):
        read_checkpoint(tmp_path / "file")


def test_a_checkpoint_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LegacyError, match=r"nothing is not there \(--checkpoint\)"):
        read_checkpoint(tmp_path / "nothing")


@pytest.mark.parametrize(
    "content", [7, [], {}, {"state_dict": 7}, {"state_dict": {}}, {"state_dict": {1: 2}}]
)
def test_a_file_without_tensors_is_refused(save, content):
    with pytest.raises(LegacyError, match="holds no state dict"):
        read_checkpoint(save(content))


def test_a_network_without_its_head_is_refused_with_the_rule(published, save):
    content = published()
    for name in ("top_layer.weight", "top_layer.bias"):
        del content["state_dict"][name]
    with pytest.raises(LegacyError, match=r"checkpoint\.pth\.tar does not fit: rule 'a head'"):
        read_checkpoint(save(content))


@pytest.mark.parametrize("epoch", [0, -1, 10**9, 1.5, "3", True, [1]])
def test_an_impossible_epoch_is_refused(published, save, epoch):
    with pytest.raises(LegacyError, match="says that it has learnt"):
        read_checkpoint(save(published(epoch=epoch)))


@pytest.fixture(scope="module")
def small_files():
    """A small checkpoint in both containers; the tensors are none of a network, the readers get to them."""
    files = []
    for zipped in (True, False):
        buffer = io.BytesIO()
        content = {"epoch": 1, "state_dict": {"features.0.weight": torch.ones(2, 2)}, "args": np.float64(1)}
        torch.save(content, buffer, _use_new_zipfile_serialization=zipped)
        files.append(buffer.getvalue())
    return files


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_checkpoint_ends_in_our_error(small_files, tmp_path_factory, data):
    damaged = bytearray(data.draw(st.sampled_from(small_files)))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(damaged)
    with pytest.raises(LegacyError):
        read_checkpoint(path, ignore_extras=data.draw(st.booleans()))
