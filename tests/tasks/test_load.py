import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.attribution.methods import ALL_METHODS
from coin_xai.attribution.options import ExplanationOptions, FurtherMethod
from storage.layout import RunLayout
from tasks.collection import shards
from tasks.explaining.job import ExplanationJob
from tasks.load import load, picture_name
from tests.waiting import PATIENCE_S, wait_until


class Turns:
    """Lets one coin be drawn at a time, none before `free` is released, and counts those that asked."""

    def __init__(self):
        self.free, self.asked_for = Semaphore(0), 0

    def __enter__(self):
        self.asked_for += 1
        self.free.acquire()

    def __exit__(self, *_):
        self.free.release()


def test_pictures_are_named_by_coin_and_method():
    assert picture_name("a/b", "photograph", pictures="png") == "a=2Fb-photograph.jpg"
    assert picture_name("a", "grad_cam", pictures="jpg") == "a-grad_cam.jpg"


@pytest.mark.slow
def test_further_methods_and_targets_make_their_own_pictures(study, tmp_path):
    further = ("layer_cam", "gradient", "deconvnet", "fem", "finer_cam")
    study(tmp_path, "--epochs", "1", *[part for one in further for part in ("--also", one)])
    first = (tmp_path / "test" / "latest").resolve()
    names = {path.name.split("-")[-1] for path in first.rglob("results/1/*/*.*")}
    assert {f"{method}.jpg" for method in further} <= names

    study(tmp_path, "--epochs", "1", "--target", "similarity", "--pictures", "png")
    second = (tmp_path / "test" / "latest").resolve()
    assert second != first
    coins = pd.read_parquet(second / "assignments.parquet")
    row = coins.iloc[0]
    folder = second / "results" / "1" / str(row["cluster"])
    shown = {}
    for kind in ("photograph", "grad_cam", "guided_grad_cam"):
        with Image.open(folder / picture_name(row["coin_id"], kind, pictures="png")) as picture:
            assert picture.format == ("JPEG" if kind == "photograph" else "PNG")
            shown[kind] = np.asarray(picture)
    assert shown["grad_cam"].shape == shown["photograph"].shape
    assert shown["guided_grad_cam"].ndim == 2


def test_every_method_can_be_asked_for():
    asked = ExplanationOptions(also=FurtherMethod.__args__)
    assert asked.methods_for("alexnet") == ALL_METHODS


def test_coins_are_drawn_in_turn_where_turns_are_given(explained_run, tmp_path):
    shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True)
    layout = RunLayout(tmp_path / "runs" / explained_run.layout.root.name)
    explanation = layout.explanation(explained_run.explanation.root.name)
    before = {path: path.read_bytes() for path in (explanation.root / "results").rglob("*") if path.is_file()}
    shutil.rmtree(explanation.root / "results")
    (shard,) = shards(explanation, [0, 1, 2], at_most=1)
    turns = Turns()
    job = ExplanationJob(
        run=layout.root, fingerprint=explanation.root.name, epoch=2, options=ExplanationOptions()
    )
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(load.fn, job, shard, turns=turns)
        try:
            wait_until(lambda: turns.asked_for or loading.done(), "a coin to be drawn")
            results = (explanation.root / "results").rglob("*")
            drawn = [path for path in results if path.suffix == ".jpg"]
        finally:
            turns.free.release()
        loading.result(timeout=PATIENCE_S)
    assert drawn == [], "it did not wait for its turn"
    assert turns.asked_for == 16
    assert {path: path.read_bytes() for path in before} == before
