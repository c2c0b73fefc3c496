import numpy as np
import pytest
import torch

from coin_xai.errors import OptionError
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.backbones.pretrained import load_network
from storage.layout import RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.photographs import pretrained_maps
from tasks.photographs.frames import read_frames
from tasks.photographs.pretrained_maps import forget, see_once

CPU = torch.device("cpu")


@pytest.fixture
def coins(explained_run):
    run = explained_run.layout
    coins = usable_coins(run)
    return Aligned(open_pixels(run, coins), read_frames(run, coins))


def test_what_was_seen_before_a_stop_is_not_seen_again(pretrained, coins, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained_maps, "CHUNK", 6)
    layout = RunLayout(tmp_path / "run")

    def stopped(_done):
        if len(list(layout.pretrained_maps.rglob("*.npy"))) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        see_once(layout, coins, "pretrained", device=CPU, advance=stopped)
    files = sorted(layout.pretrained_maps.rglob("*.npy"))
    assert [file.name for file in files] == ["000000.npy", "000006.npy"]
    written = [file.stat().st_mtime_ns for file in files]
    done = []
    chunks = see_once(layout, coins, "pretrained", device=CPU, advance=done.append)
    assert [len(chunk) for chunk in chunks] == [6, 6, 4]
    assert sum(done) == 16
    assert [file.stat().st_mtime_ns for file in files] == written
    # Everything is there: nothing need be installed.
    pretrained.undo()
    load_backbone.cache_clear()
    load_network.cache_clear()
    again = see_once(layout, coins, "pretrained", device=CPU)
    np.testing.assert_array_equal(np.concatenate(again), np.concatenate(chunks))
    with pytest.raises(OptionError, match="pip install"):
        see_once(RunLayout(tmp_path / "other"), coins, "pretrained", device=CPU)
    forget(layout)
    forget(layout)
    assert not layout.pretrained_maps.exists()


@pytest.mark.usefixtures("pretrained")
def test_coins_that_lie_elsewhere_are_seen_anew(coins, tmp_path):
    layout = RunLayout(tmp_path / "run")
    see_once(layout, coins, "pretrained", device=CPU)
    frames = [coins.frames[0].turned(3.0), *coins.frames[1:]]
    see_once(layout, Aligned(coins, frames), "pretrained", device=CPU)
    assert len(list(layout.pretrained_maps.rglob("*.npy"))) == 2


@pytest.mark.usefixtures("pretrained")
@pytest.mark.parametrize("fault", ["cut short", "of other coins", "would run code"])
def test_a_chunk_that_cannot_be_read_is_made_again(coins, tmp_path, fault):
    layout = RunLayout(tmp_path / "run")
    (expected,) = see_once(layout, coins, "pretrained", device=CPU)
    expected = np.array(expected)
    (file,) = layout.pretrained_maps.rglob("*.npy")
    content = file.read_bytes()
    if fault == "cut short":
        file.write_bytes(content[:-100])
    elif fault == "of other coins":
        np.save(file, expected[:3])
    else:
        np.save(file, np.array([print] * 16, dtype=object), allow_pickle=True)
    (found,) = see_once(layout, coins, "pretrained", device=CPU)
    np.testing.assert_array_equal(found, expected)
    assert file.read_bytes() == content
