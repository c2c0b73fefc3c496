import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.parts import CROSS
from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import Answers, Finding
from storage.tables import read_frame
from tasks.claims.coins import see_coins
from tasks.claims.kept import pictures_of
from tasks.claims.pictures import SIDE_PX, draw_hidden
from tasks.collection import training_of
from tasks.explaining.job import ExplanationJob


def found(number, hides, deciding):
    effect = Estimate(0.5, 0.4, 0.6, 40)
    return Finding(number, "", "", effect, 0.2, {}, "supported", "", hides=hides, deciding=deciding)


@pytest.fixture
def job(explained_run):
    layout, explanation, epoch = explained_run
    return ExplanationJob(
        run=layout.root, fingerprint=explanation.root.name, epoch=epoch, options=ExplanationOptions()
    )


@pytest.fixture
def coins(explained_run):
    return read_frame(explained_run.explanation.assignments)


def grey(path):
    return np.asarray(Image.open(path).convert("L"), dtype=float)


def test_a_coin_differs_where_the_part_was_hidden_and_is_else_the_same(job, coins, tmp_path):
    names = coins["coin_id"].tolist()
    draw_hidden(tmp_path, Answers((found(1, CROSS, names), found(3, None, names))), job, coins, "cross")
    seen = see_coins(job.layout, coins, training_of(job.layout), size_px=SIDE_PX, model="cross")
    known = [
        (name, one, square.mean(axis=0))
        for name, one, square in zip(names, seen.groundwork, seen.squares, strict=True)
        if one.parts is not None
    ]
    assert len(known) >= 12
    for name, one, square in known:
        before, after = (grey(tmp_path / picture) for picture in pictures_of(1, name))
        change, area = np.abs(before - after), one.parts.areas[CROSS]
        assert change[area > 0.5].mean() > 3 * change[area == 0].mean()
        assert np.abs(before - square).mean() < np.abs(after - square).mean()
    assert len(list((tmp_path / "pictures").iterdir())) == 2 * len(known)


def test_where_nothing_was_hidden_nothing_is_drawn(job, coins, tmp_path):
    draw_hidden(tmp_path, Answers((found(3, None, coins["coin_id"].tolist()),)), job, coins, "cross")
    draw_hidden(tmp_path, Answers((found(1, CROSS, []),)), job, coins, "cross")
    assert list(tmp_path.iterdir()) == []


def test_names_of_pictures_are_those_of_files_whatever_coins_are_called():
    before, after = pictures_of(2, "../a/b")
    assert before.count("/") == after.count("/") == 1
    assert before != after
    assert pd.Series([*pictures_of(1, "a"), *pictures_of(2, "a")]).is_unique
