import numpy as np
import pytest
import torch

from coin_xai.matching import candidates
from coin_xai.matching.candidates import Comparison, compare_here
from storage import runs
from storage.errors import DamagedError, RunBusyError
from storage.lock import holding
from storage.markers import MARKER
from tasks.training import matched_blocks
from tasks.training.matched_blocks import KeptBlocks, forget_matches
from tests.written import make_old, written_since

CPU = torch.device("cpu")
BLOCK, COINS = 4, 10


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(candidates, "BLOCK", BLOCK)


@pytest.fixture
def layout(tmp_path):
    return runs.begin(tmp_path, "run", identity={"algorithm": "of-today"})


def comparison(seed=0, **other):
    cells = np.random.default_rng(seed).normal(size=(COINS, 16, 16, 9)).astype(np.float32)
    return Comparison.of(cells, **{"count": 3, "candidates": 6, "device": CPU, **other})


def compare(layout, of, *, spread=None):
    """Return what is found, and how many coins were compared for it."""
    compared, best_of = [], Comparison.best_of

    def watched(self, rows, advance):
        compared.extend(rows)
        return best_of(self, rows, advance)

    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Comparison, "best_of", watched)
        found = KeptBlocks(layout, spread=spread)(of, advance=told.append)
    assert sum(told) == COINS
    return found, compared


def one_after_the_other(work, orders):
    return map(work, orders)


@pytest.mark.parametrize("spread", [None, one_after_the_other])
def test_what_is_kept_is_what_is_found_and_is_found_once(layout, spread):
    expected = compare_here(comparison(), advance=lambda _: None)
    found, compared = compare(layout, comparison(), spread=spread)
    np.testing.assert_array_equal(found, expected)
    assert compared == list(range(COINS))
    again, compared = compare(layout, comparison())
    np.testing.assert_array_equal(again, expected)
    assert compared == []


def test_blocks_are_the_same_bytes_wherever_they_are_compared(tmp_path):
    def kept(name, spread):
        run = runs.begin(tmp_path, name, identity={"algorithm": "of-today"})
        compare(run, comparison(), spread=spread)
        files = sorted(run.matches.glob("*/[0-9]*/*"))
        return {str(path.relative_to(run.matches)): path.read_bytes() for path in files}

    here = kept("here", None)
    assert here == kept("there", one_after_the_other)
    assert len(here) == 2 * 3


def test_a_block_that_nobody_can_read_is_named(layout):
    with pytest.raises(DamagedError, match=r"found of coins 1 to 4 cannot be read in .*same command"):
        KeptBlocks(layout, spread=lambda _work, orders: iter([None] * len(orders)))(
            comparison(), advance=lambda _: None
        )


def test_whoever_is_stopped_goes_on_with_the_block_it_was_at(layout):
    def stop_in_the_second_block(_count):
        if list(layout.matches.glob("*/[0-9]*")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        KeptBlocks(layout)(comparison(), advance=stop_in_the_second_block)
    first = make_old(layout.matches.glob(f"*/0000000/{MARKER}"))
    assert len(first) == 1
    found, compared = compare(layout, comparison())
    assert compared == list(range(BLOCK, COINS))
    assert not written_since(first)
    np.testing.assert_array_equal(found, compare_here(comparison(), advance=lambda _: None))


def overwrite(file, array):
    with file.open("wb") as opened:
        np.save(opened, array)


def test_a_damaged_block_is_compared_again(layout):
    found, _compared = compare(layout, comparison())
    (file,) = layout.matches.glob("*/0000004/matches.npy")
    overwrite(file, np.load(file)[::-1])
    again, compared = compare(layout, comparison())
    assert compared == list(range(BLOCK, 2 * BLOCK))
    np.testing.assert_array_equal(again, found)


@pytest.mark.parametrize("other", [{"seed": 1}, {"candidates": 5}, {"count": 2}])
def test_another_comparison_takes_nothing_of_it(layout, other):
    compare(layout, comparison())
    found, compared = compare(layout, comparison(**other))
    assert compared == list(range(COINS))
    np.testing.assert_array_equal(found, compare_here(comparison(**other), advance=lambda _: None))


def test_another_algorithm_takes_nothing_of_it(layout, tmp_path):
    compare(layout, comparison())
    tomorrow = runs.begin(tmp_path, "tomorrow", identity={"algorithm": "of-tomorrow"})
    layout.matches.rename(tomorrow.matches)
    assert compare(tomorrow, comparison())[1] == list(range(COINS))


def test_a_block_that_another_process_is_at_is_waited_for(layout, monkeypatch):
    compare(layout, comparison())
    (block,) = layout.matches.glob("*/0000004")
    (block / MARKER).unlink()
    monkeypatch.setattr(matched_blocks, "SECONDS_TO_END_A_BLOCK", 0)
    with holding(block.with_name(".0000004.lock")), pytest.raises(RunBusyError, match="is being worked on"):
        compare(layout, comparison())


def test_once_a_checkpoint_holds_the_matches_nothing_is_left(layout):
    compare(layout, comparison())
    forget_matches(layout)
    assert not layout.matches.exists()
    forget_matches(layout)
