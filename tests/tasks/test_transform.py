import dataclasses
import shutil

import numpy as np
import pytest
import torch

from coin_xai.attribution import METHODS, Attributor
from coin_xai.attribution.options import ExplanationOptions, FurtherMethod
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import NetworkError, OptionError
from coin_xai.networks import build, normalise
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from storage import checkpoints
from storage.layout import RunLayout
from storage.maps import read_maps
from storage.markers import read_marker
from tasks.collection import chunks, shards
from tasks.explaining.attribute import check, columns_of, load_network
from tasks.explaining.job import ExplanationJob
from tasks.extract import extract
from tasks.photographs.outlines import open_shown
from tasks.running.failures import ChunksFailedError
from tasks.running.ready_chunks import ReadyChunks, StoppedError
from tasks.transform import transform

GUIDED = "guided_backpropagation"

OPTIONS = ExplanationOptions()


@pytest.fixture
def run(explained_run, tmp_path, monkeypatch):
    """A copy of the explained run that can be changed, in chunks of a few coins; and its explanation."""
    monkeypatch.setattr("tasks.collection.CHUNK_COINS", 4)
    runs = explained_run.layout.root.parent
    (tmp_path / "runs").mkdir()
    for folder in (explained_run.layout.root, runs / "pixels"):
        shutil.copytree(folder, tmp_path / "runs" / folder.name, symlinks=True)
    layout = RunLayout(tmp_path / "runs" / explained_run.layout.root.name)
    explanation = layout.explanation(explained_run.explanation.root.name)
    shutil.rmtree(explanation.root / "maps")
    return layout, explanation


def one_shard(explanation):
    return shards(explanation, [0, 1, 2], at_most=1)[0]


def job_of(layout, explanation, options=OPTIONS, reuse="size"):
    return ExplanationJob(
        run=layout.root, fingerprint=explanation.root.name, epoch=2, options=options, reuse=reuse
    )


def explain(run, reuse="size", **more):
    layout, explanation = run
    shard = one_shard(explanation)
    return transform.fn(job_of(layout, explanation, reuse=reuse), shard, **more)


def test_maps_are_those_of_the_attribution_with_their_scores(run):
    layout, explanation = run
    assert explain(run) == 16
    network, options = load_network(layout.root, 2)
    attributor = Attributor(network, layer=network.attribution_layer)
    chunk = next(chunks(explanation, [1]))
    coin_ids, columns = read_maps(explanation.maps(1, 0) / "maps.parquet")
    assert coin_ids == chunk.coins["coin_id"].tolist()
    squares = open_shown(layout, chunk.coins, options).centre_squares(
        np.arange(len(coin_ids)), size_px=network.input_size_px, crop=options.centre_crop
    )
    units = torch.tensor(chunk.coins["class_index"].to_numpy())
    methods = OPTIONS.methods_for(options.network)
    found = attributor.attribute(normalise(torch.from_numpy(squares)), units, methods=methods)
    np.testing.assert_allclose(columns["logit"], found.logit, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(columns["grad_cam"], found.maps["grad_cam"], rtol=1e-4, atol=1e-7)
    guided = found.gradients[GUIDED].numpy()
    scale = columns["guided_backpropagation_scale"].reshape(-1, *[1] * (guided.ndim - 1))
    kept = columns["guided_backpropagation"].astype(np.float32) * scale
    assert np.abs(kept - guided).max() <= 1e-3 * np.abs(guided).max()
    assert columns["guided_backpropagation"].dtype == np.float16


@pytest.mark.parametrize("factor", [1e30, 1.0, 1e-30, 0.0])
def test_gradients_of_any_size_fit_into_half_precision(factor):
    network = build("alexnet", k=3, generator=torch.Generator().manual_seed(1), width=1 / 16).eval()
    attributor = Attributor(network, layer=network.attribution_layer)
    photographs = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(2))
    found = attributor.attribute(photographs, torch.tensor([0, 1]), methods=METHODS)
    unit = found.gradients[GUIDED] / found.gradients[GUIDED].abs().amax()
    scaled = {"guided_backpropagation": unit * factor}
    columns = columns_of(dataclasses.replace(found, gradients=scaled))
    kept, scale = columns["guided_backpropagation"], columns["guided_backpropagation_scale"]
    assert kept.dtype == torch.float16
    assert kept.isfinite().all()
    torch.testing.assert_close(kept.float() * scale[:, None, None], unit * factor, rtol=0, atol=1e-3 * factor)


def test_chunks_that_are_there_are_not_computed_again_and_all_are_handed_over(run, monkeypatch):
    explain(run)
    _, explanation = run
    shutil.rmtree(explanation.maps(0, 0))
    ready = ReadyChunks()
    assert explain(run, ready=ready) == len(next(chunks(explanation, [0])).coins)
    ready.close()
    for chunk in chunks(explanation, [0, 1, 2]):
        ready.wait_for((chunk.cluster, chunk.number))
    monkeypatch.setattr("tasks.explaining.map_pipeline.explainer_of", None)
    assert explain(run) == 0


def test_a_chunk_that_fails_is_not_handed_over_and_the_others_are(run):
    _, explanation = run
    all_chunks = [(chunk.cluster, chunk.number) for chunk in chunks(explanation, [0, 1, 2])]
    obstacle = explanation.maps(*all_chunks[1]).parent
    failing = [chunk for chunk in all_chunks if chunk[0] == all_chunks[1][0]]
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("in the way")
    ready = ReadyChunks()
    with pytest.raises(ChunksFailedError) as caught:
        explain(run, ready=ready)
    ready.close()
    assert [(one.cluster, one.chunk) for one in caught.value.failures] == failing
    for chunk in all_chunks:
        if chunk in failing:
            with pytest.raises(StoppedError):
                ready.wait_for(chunk)
        else:
            ready.wait_for(chunk)
            assert read_marker(explanation.maps(*chunk))["facts"]["cluster"] == chunk[0]


def test_cam_is_refused_before_anything_is_explained_where_it_is_not_defined(explained_run, tmp_path):
    study.fn(
        Photographs(images=explained_run.layout.root.parent.parent / "coins"),
        TrainingOptions(k=3, network="alexnet", width=1 / 16, batch_size=8),
        Duration(epochs=2),
        Place(runs=tmp_path / "runs", name="alexnet"),
    )
    layout = RunLayout(tmp_path / "runs" / "alexnet")
    before = sorted(layout.root.rglob("*"))
    with pytest.raises(NetworkError, match="Ask for grad_cam"):
        extract.fn(layout.root, options=ExplanationOptions(also=("cam",)))
    assert sorted(layout.root.rglob("*")) == before
    every_other = tuple(method for method in FurtherMethod.__args__ if method != "cam")
    check(layout.root, 2, ExplanationOptions(also=every_other, target="similarity"))


def test_a_target_that_needs_the_clustering_is_refused_where_there_is_none(run):
    layout, explanation = run
    content = checkpoints.load(layout, 2)
    del content["partition"]
    checkpoints.save(layout, 2, content, finished=True)
    job = job_of(layout, explanation, ExplanationOptions(target="assignment"))
    with pytest.raises(ChunksFailedError, match="was made elsewhere; --target assignment needs it"):
        transform.fn(job, one_shard(explanation))
    with pytest.raises(OptionError, match="--target logit does not"):
        check(layout.root, 2, ExplanationOptions(target="assignment"))


def test_clusters_that_k_means_did_not_make_are_not_explained_as_its_assignment(run):
    layout, _ = run
    with pytest.raises(OptionError, match="were made by matching"):
        check(layout.root, 2, ExplanationOptions(target="assignment"))
