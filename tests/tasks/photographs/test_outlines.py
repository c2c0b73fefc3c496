from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from coin_xai.photographs.background import outline_of, without_background
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from storage.errors import DamagedError, MissingError
from storage.layout import ExplanationLayout, RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.photographs.outlines import keep_outlines, open_shown, read_outlines
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tests.tasks.conftest import ExplainedRun
from tests.written import make_old, written_since


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of coins without background, and the files of its explanation."""
    folder = tmp_path_factory.mktemp("outlined")
    write_drawn_coins(folder / "coins", Issue(coins=12, types=3, seed=7))
    root = study.fn(
        Photographs(images=folder / "coins"),
        TrainingOptions(k=3, network="alexnet", width=1 / 16, batch_size=8, background="remove"),
        Duration(epochs=1),
        Place(runs=folder / "runs", name="test"),
    )
    explanation = ExplanationLayout(Path(root).resolve())
    return ExplainedRun(RunLayout(explanation.root.parent.parent), explanation, 1)


@pytest.fixture
def coins(run):
    return usable_coins(run.layout)


@pytest.fixture
def own(tmp_path):
    """A run of its own folder, for tests that write."""
    return RunLayout(tmp_path)


def test_a_training_keeps_where_the_coins_lie(run, coins):
    pixels = open_pixels(run.layout, coins)
    outlines = read_outlines(run.layout, coins)
    assert sum(outline is not None for outline in outlines) > len(coins) / 2
    for position, outline in enumerate(outlines):
        again = outline_of(pixels[position])
        assert (again is None) == (outline is None)
        assert outline is None or np.array_equal(again, outline)


def test_outlines_come_in_the_order_of_the_coins(run, coins):
    backwards = read_outlines(run.layout, coins[::-1])[::-1]
    for one, other in zip(read_outlines(run.layout, coins), backwards, strict=True):
        assert one is other


def test_the_network_is_shown_the_coin_alone_or_the_photograph(run, coins):
    layout = run.layout
    pixels, outlines = open_pixels(layout, coins), read_outlines(layout, coins)
    (found, *_) = (position for position, outline in enumerate(outlines) if outline is not None)
    alone = open_shown(layout, coins, TrainingOptions(network="alexnet", background="remove"))
    whole = open_shown(layout, coins, TrainingOptions(network="alexnet", background="keep"))
    assert np.array_equal(alone[found], without_background(pixels[found], outlines[found]))
    assert np.array_equal(whole[found], pixels[found])


def test_what_was_found_is_not_looked_for_again(run, coins, own):
    pixels = open_pixels(run.layout, coins)
    first = keep_outlines(own, coins, pixels)
    make_old([own.outlines])
    again = keep_outlines(own, coins, pixels)
    assert not written_since([own.outlines])
    for one, other in zip(first, again, strict=True):
        assert (one is None and other is None) or np.array_equal(one, other)


def test_a_table_without_a_coin_or_none_at_all_is_refused(coins, own):
    with pytest.raises(MissingError, match="one more epoch"):
        read_outlines(own, coins)
    pd.DataFrame({"coin_id": coins["coin_id"][1:], "outline": None}).to_parquet(own.outlines)
    with pytest.raises(DamagedError, match=coins["coin_id"][0]):
        read_outlines(own, coins)


def test_the_page_fades_what_the_network_did_not_see(run):
    data = (run.explanation.page_app / "page.data.js").read_text()
    assert '"outlines":["' in data
