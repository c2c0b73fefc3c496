import json
import pickle
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.catalogue import DEFAULT_PATTERN
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.head import fit_head
from coin_xai.mint import Issue, mint
from coin_xai.networks import build
from storage import checkpoints
from storage.errors import RunMismatchError
from storage.layout import RunLayout
from storage.legacy.errors import LegacyError
from tasks.adopt import adopt
from tasks.collection import open_pixels, shards, usable_coins
from tasks.explaining.job import ExplanationJob
from tasks.extract import extract
from tasks.ingest import PIXELS_KEY, ingest
from tasks.load import load
from tasks.training.metrics import Metrics
from tasks.transform import transform
from tests.written import make_old, written_since

N, K, EPOCH = 12, 4, 3
OPTIONS = ExplanationOptions()
# Of each image in the order of the folder; cluster 1 is empty, so the head knows 0, 2 and 3 as 0, 1 and 2.
CLUSTER = [0, 2, 3, 0, 2, 3, 0, 2, 3, 0, 2, 3]
EARLIER = [3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 0]


def lists(cluster):
    return [[image for image, one in enumerate(cluster) if one == number] for number in range(K)]


def pairs(cluster, paths):
    rank = {one: position for position, one in enumerate(sorted(set(cluster)))}
    return [(paths[image], rank[cluster[image]]) for members in lists(cluster) for image in members]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Drawn coins in class folders, and what the published code would have left of a training on them."""
    base = tmp_path_factory.mktemp("world")
    order = [f"{'ab'[number // 6]}/BN_{3000 + number}_R.png" for number in range(N)]
    for path, coin in zip(order, mint(Issue(coins=N, types=3, seed=5, size_px=96)), strict=True):
        (base / "images" / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coin.photograph).save(base / "images" / path)
    network = build(
        "alexnet", k=K, generator=torch.Generator().manual_seed(1), sobel_padding="zeros", width=1 / 16
    )
    _teach(network, base)
    state = OrderedDict(
        (name.replace("features.", "features.module.").replace("head.", "top_layer."), tensor)
        for name, tensor in network.state_dict().items()
    )
    content = {"epoch": EPOCH, "arch": "alexnet", "state_dict": state, "optimizer": {}}
    return SimpleNamespace(images=base / "images", order=order, content=content)


def _teach(network, base):
    """Give the network a head that knows CLUSTER, with a unit more, as the published code has it."""
    ingested = ingest.fn(base / "images", base / "runs", name_pattern=DEFAULT_PATTERN)
    coins = pd.read_parquet(ingested.table).sort_values("path")
    layout = RunLayout(base / "runs" / "teaching")
    layout.root.mkdir()
    layout.record.write_text(json.dumps({"schema_version": 1, "identity": {"pixels": PIXELS_KEY}}))
    features = extract_features(
        network,
        open_pixels(layout, coins),
        centre_crop=0.875,
        batch_size=N,
        device=torch.device("cpu"),
        advance=lambda _count: None,
    )
    head = fit_head(features, np.unique(CLUSTER, return_inverse=True)[1])
    assert head.fit == 1
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.weight[: K - 1] = head.weight
        network.head.bias[:] = torch.cat([head.bias, torch.tensor([-1000.0])])


@pytest.fixture
def do(world, tmp_path):
    """Adopt the training with some cluster log, and return the layout of the run and the outcome."""

    def call(log, *, content=world.content, images=world.images, runs="runs", log_name="clusters", **options):
        torch.save(content, tmp_path / "checkpoint.pth.tar")
        log_file = tmp_path / log_name
        log_file.write_text(log) if isinstance(log, str) else log_file.write_bytes(pickle.dumps(log))
        ingested = ingest.fn(images, tmp_path / runs, name_pattern=DEFAULT_PATTERN, max_broken_share=0.5)
        outcome = adopt.fn(
            ingested,
            images,
            tmp_path / runs,
            checkpoint=tmp_path / "checkpoint.pth.tar",
            cluster_log=log_file,
            **options,
        )
        return RunLayout(outcome.run), outcome

    return call


REFERENCE = [lists(EARLIER), lists(EARLIER[::-1]), lists(CLUSTER)]


def final(layout):
    return pd.read_parquet(layout.final_assignments(EPOCH))


def test_a_training_of_the_reference_becomes_a_run(do, world):
    layout, outcome = do(REFERENCE)
    assert outcome == (layout.root, EPOCH, 1.0)
    assert checkpoints.latest(layout, finished=True) == EPOCH
    table = final(layout)
    assert table["path"].tolist() == world.order
    assert table["cluster"].tolist() == CLUSTER
    assert table["class_index"].tolist() == [{0: 0, 2: 1, 3: 2}[one] for one in CLUSTER]
    assert table["head_cluster"].tolist() == CLUSTER
    assert table["head_agrees"].all()
    assert table["margin"].gt(0).all()
    content = checkpoints.load(layout, EPOCH)
    assert content["training"]["network"]["head.weight"].equal(
        world.content["state_dict"]["top_layer.weight"]
    )
    assert content["adopted"]["form"] == "reference"
    assert (content["adopted"]["entry"], content["adopted"]["entries"]) == (3, 3)
    assert content["options"]["sobel_padding"] == "zeros"
    assert content["options"]["centre_crop"] == 0.875
    rows = Metrics(layout).rows(until=EPOCH)
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert rows[-1]["head_fit"] == 1.0
    assert len(usable_coins(layout)) == N


@pytest.mark.parametrize("prefix", ["/home/thesis/coins/", "..\\coins\\", ""])
def test_all_forms_of_one_training_give_the_same_run(do, world, prefix):
    expected = final(do(REFERENCE)[0])
    paths = [(prefix + path).replace("/", "\\" if "\\" in prefix else "/") for path in world.order]
    rows = [f"{path},{one}" for path, one in zip(paths, CLUSTER, strict=True)]
    released = list(zip(paths, CLUSTER, strict=True))
    for number, (log, name) in enumerate(
        (
            ([(lists(one), pairs(one, paths), 200) for one in (EARLIER, EARLIER[::-1], CLUSTER)], "clusters"),
            (released[::-1], "released"),
            (
                "\n".join(["path,cluster,class_index", *(f"{row},{'0?12'[int(row[-1])]}" for row in rows)]),
                "t.csv",
            ),
        )
    ):
        layout, outcome = do(log, log_name=name, runs=f"runs{number}")
        pd.testing.assert_frame_equal(final(layout), expected)
        assert outcome.head_fit == 1.0


def test_our_own_assignments_are_a_log(do):
    layout, _ = do(REFERENCE)
    extracted = extract.fn(layout.root, options=OPTIONS)
    csv = layout.explanation(extracted.fingerprint).assignments_csv.read_text()
    pd.testing.assert_frame_equal(final(do(csv, log_name="assignments.csv")[0]), final(layout))


def test_an_adopted_run_is_extracted_transformed_and_loaded_like_any_other(do):
    layout, outcome = do(REFERENCE)
    extracted = extract.fn(outcome.run, epoch=outcome.epoch, options=OPTIONS)
    assert (extracted.epoch, extracted.clusters) == (EPOCH, [0, 2, 3])
    explanation = layout.explanation(extracted.fingerprint)
    (shard,) = shards(explanation, extracted.clusters, at_most=1)
    job = ExplanationJob(run=layout.root, fingerprint=extracted.fingerprint, epoch=EPOCH, options=OPTIONS)
    assert transform.fn(job, shard) == N
    assert load.fn(job, shard) >= N
    assert len(list(explanation.pictures(EPOCH, 2).glob("BN_3001_R-grad_cam.*"))) == 1


def test_a_second_time_the_run_is_found_and_left_as_it_is(do):
    layout, first = do(REFERENCE)
    before = make_old(path for path in layout.root.rglob("*.*") if path.name != "run.lock")
    assert do(REFERENCE)[1] == first
    assert not written_since(before)


def test_other_files_never_become_the_same_run(do, world):
    first, _ = do(REFERENCE)
    assert do([*REFERENCE[:2], lists(CLUSTER[::-1])])[0].root != first.root
    assert do(REFERENCE, epoch=1)[0].root != first.root
    assert do(REFERENCE, content={**world.content, "epoch": 2})[0].root != first.root
    do(REFERENCE, name="mine")
    with pytest.raises(RunMismatchError, match="mine was begun with something else"):
        do(REFERENCE, name="mine", epoch=1)


def test_the_fit_of_the_head_is_measured_and_stated(do, caplog):
    caplog.set_level("INFO")
    swapped = [*CLUSTER[:9], 2, 3, 0]
    layout, outcome = do([lists(swapped)])
    assert outcome.head_fit == 0.75
    assert final(layout)["head_agrees"].tolist() == [True] * 9 + [False] * 3
    assert final(layout)["head_cluster"].tolist() == CLUSTER
    assert "the head puts 75.0% of the coins into their own cluster" in caplog.text
    assert "fits entry" not in caplog.text


def test_a_log_that_the_head_fits_elsewhere_says_where(do, caplog):
    layout, outcome = do([lists(CLUSTER), lists(EARLIER), lists(EARLIER[::-1])])
    assert outcome.head_fit < 0.6
    assert "the head fits entry 1 of the cluster log better (100.0% of the coins) than entry 3" in caplog.text
    assert do([lists(CLUSTER), lists(EARLIER), lists(EARLIER[::-1])], epoch=1)[1].head_fit == 1.0
    assert Metrics(layout).rows(until=EPOCH)[-1]["head_fit"] == outcome.head_fit


def test_a_log_of_a_resumed_training_is_shorter_than_its_epochs(do, world, caplog):
    layout, outcome = do(REFERENCE, content={**world.content, "epoch": 200})
    assert (outcome.epoch, outcome.head_fit) == (200, 1.0)
    assert [row["epoch"] for row in Metrics(layout).rows(until=200)] == [197, 198, 199]
    assert "has learnt 200 epochs and the cluster log has 3 entries: the last one is taken" in caplog.text


def test_a_checkpoint_older_than_the_log_takes_the_entry_of_its_epoch(do, world):
    log = [lists(EARLIER), lists(CLUSTER), lists(EARLIER)]
    layout, outcome = do(log, content={**world.content, "epoch": 2})
    assert (outcome.epoch, outcome.head_fit) == (2, 1.0)
    assert [row["epoch"] for row in Metrics(layout).rows(until=9)] == [0, 1]


def test_a_photograph_that_cannot_be_used_is_left_out_with_its_reason(do, world, tmp_path):
    images = tmp_path / "images"
    for path in world.order:
        (images / path).parent.mkdir(parents=True, exist_ok=True)
        (images / path).write_bytes((world.images / path).read_bytes())
    outside = tmp_path / "outside.png"
    (images / world.order[4]).rename(outside)
    (images / world.order[4]).symlink_to(outside)
    (images / world.order[7]).write_text("<svg/>")
    (images / "a" / "BN_9_R.png").write_bytes(outside.read_bytes())
    paths = [f"/thesis/{path}" for path in world.order]
    layout, outcome = do([(lists(CLUSTER), pairs(CLUSTER, paths), 1)], images=images)
    assert outcome.head_fit == 1.0
    kept = [number for number in range(N) if number not in (4, 7)]
    assert final(layout)["path"].tolist() == [world.order[number] for number in kept]
    assert final(layout)["cluster"].tolist() == [CLUSTER[number] for number in kept]
    coins = pd.read_parquet(layout.coins).set_index("path")
    assert len(coins) == N
    assert "is a link out of the folder" in coins.loc[world.order[4], "error"]
    assert "whatever its name says" in coins.loc[world.order[7], "error"]


def test_a_killed_adoption_is_done_again(do, monkeypatch):
    def killed(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            do(REFERENCE, name="run")
    assert do(REFERENCE, name="run")[1].head_fit == 1.0


class Hostile:
    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return exec, (f"open({str(self.marker)!r}, 'w')",)


@pytest.mark.parametrize("where", ["log", "checkpoint"])
def test_a_file_that_would_run_code_leaves_no_run_and_runs_nothing(do, world, tmp_path, where):
    hostile = Hostile(tmp_path / "marker")
    log = [[[hostile]]] if where == "log" else REFERENCE
    content = {**world.content, "x": hostile} if where == "checkpoint" else world.content
    with pytest.raises(LegacyError, match="Nothing in it was run"):
        do(log, content=content)
    assert not (tmp_path / "marker").exists()
    assert not [path for path in (tmp_path / "runs").iterdir() if (path / "run.json").exists()]


def test_a_head_of_another_size_than_the_log_is_refused(do):
    with pytest.raises(
        LegacyError, match="the head has 4 units, and entry 1 of the cluster log has 5 clusters"
    ):
        do([[*lists(CLUSTER), []]])


def test_a_log_of_other_photographs_is_refused(do, world):
    paths = [path.replace("BN_30", "BN_40") for path in world.order]
    with pytest.raises(LegacyError, match="12 images of the cluster log cannot be found in"):
        do([(lists(CLUSTER), pairs(CLUSTER, paths), 1)])
