import shutil

import numpy as np
import pandas as pd
import pytest

from storage.errors import DamagedError
from storage.maps import read_maps
from tasks.comparing.finished_run import read_finished
from tasks.comparing.pictures import copy_photographs, maps_of, photograph_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(explained_run, tmp_path_factory):
    """A copy of the explained run that may be written into."""
    folder = tmp_path_factory.mktemp("pictures") / "runs"
    shutil.copytree(explained_run.layout.root.parent, folder, symlinks=True)
    return folder / explained_run.layout.root.name


@pytest.fixture
def run(root):
    return read_finished(root)


def test_every_coin_has_the_photograph_that_the_page_shows(run, tmp_path):
    coins = pd.read_parquet(run.explanation.assignments).set_index("coin_id")["cluster"]
    files = photograph_files([run], [*coins.index, "none"])
    assert files.pop() is None
    for file, (coin_id, cluster) in zip(files, coins.items(), strict=True):
        assert file == run.explanation.page_pictures(cluster) / f"{coin_id}.jpg"
    copy_photographs([files[0], None], tmp_path / "photographs")
    copied = tmp_path / "photographs" / files[0].name
    assert copied.read_bytes() == files[0].read_bytes()


def test_maps_are_those_of_the_run_in_the_order_asked_for(run):
    raw = {}
    for path in run.explanation.root.rglob("maps.parquet"):
        names, columns = read_maps(path)
        raw.update(zip(names, np.maximum(columns["hires_cam"], 0), strict=True))
    coin_ids = [*sorted(raw)[::-1], "none"]
    found = maps_of(run, coin_ids)
    assert found.method == "HiResCAM"
    for row, coin_id in enumerate(coin_ids[:-1]):
        own = raw[coin_id].astype(float)
        assert found.grid == own.shape
        assert found.maximum[row] == pytest.approx(own.max(), rel=1e-3)
        scaled = found.steps[row].reshape(own.shape) / 255 * own.max()
        np.testing.assert_allclose(scaled, own, atol=own.max() / 255)
    assert np.isnan(found.maximum[-1])
    assert not found.steps[-1].any()
    assert (found.squares[:-1, 2:4] > 0).all()
    assert (found.aspect[:-1] > 0).all()


def test_a_run_without_a_page_has_none(three):
    run = read_finished(three[0])
    assert maps_of(run, ["a"]) is None
    assert photograph_files([run], ["a"]) == [None]


def test_a_photograph_that_is_gone_meanwhile_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(DamagedError, match=r"a\.jpg cannot be read .* run the same command again"):
        copy_photographs([tmp_path / "a.jpg"], tmp_path / "photographs")


@pytest.mark.parametrize("content", [b"", b'"use strict";\nconst PAGE = {"columns":[]};\n'])
def test_a_page_that_cannot_be_read_is_an_error_that_says_what_to_do(run, content):
    file = run.explanation.page_app / "page.data.js"
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        with pytest.raises(DamagedError, match="coin-xai explain"):
            maps_of(run, ["a"])
    finally:
        file.write_bytes(before)
