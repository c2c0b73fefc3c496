import numpy as np
import pytest

from coin_xai.attribution import Attributor
from coin_xai.attribution.options import ExplanationOptions
from tasks.collection import chunks
from tasks.explaining.job import ExplanationJob
from tasks.explaining.map_pipeline import map_pipeline
from tasks.photographs.outlines import open_shown

CLUSTERS = [0, 1, 2]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr("tasks.collection.CHUNK_COINS", 4)


@pytest.fixture
def start(explained_run):
    """Begin to compute the maps of all clusters anew."""

    def begin(reuse="nothing", clusters=CLUSTERS):
        job = ExplanationJob(
            run=explained_run.layout.root,
            fingerprint=explained_run.explanation.root.name,
            epoch=explained_run.epoch,
            options=ExplanationOptions(),
            reuse=reuse,
        )
        return map_pipeline(job, clusters)

    return begin


@pytest.fixture
def all_chunks(explained_run):
    return list(chunks(explained_run.explanation, CLUSTERS))


@pytest.fixture
def attributed(monkeypatch):
    """How many coins each batch that was explained had."""
    sizes, attribute = [], Attributor.attribute

    def counted(self, photographs, *arguments, **keywords):
        sizes.append(len(photographs))
        return attribute(self, photographs, *arguments, **keywords)

    monkeypatch.setattr(Attributor, "attribute", counted)
    return sizes


def same(some, others):
    return all(np.array_equal(some[name], others[name]) for name in some.keys() | others.keys())


def test_every_chunk_is_computed_once_and_one_ahead_of_its_turn(start, all_chunks, attributed):
    assert len(all_chunks) >= 5
    with start() as pipeline:
        pipeline.compute_next()
        pipeline.compute_next()
        assert attributed == [len(all_chunks[0].coins)]
        for chunk in all_chunks:
            columns = pipeline.of(chunk)
            assert {len(values) for values in columns.values()} == {len(chunk.coins)}
        pipeline.compute_next()
    assert attributed == [len(chunk.coins) for chunk in all_chunks]


def test_a_chunk_that_is_asked_for_again_has_the_same_bits_and_the_order_goes_on(
    start, all_chunks, attributed
):
    first, second, *_ = all_chunks
    with start() as pipeline:
        before = pipeline.of(first)
        pipeline.compute_next()
        again = pipeline.of(first)
        done = len(attributed)
        pipeline.of(second)
    assert same(before, again)
    assert len(attributed) == done == 3


def test_what_is_on_disk_is_not_computed(explained_run, start, attributed, monkeypatch):
    monkeypatch.setattr("tasks.collection.CHUNK_COINS", 128)
    with start(reuse="hash") as pipeline:
        for chunk in chunks(explained_run.explanation, CLUSTERS):
            assert pipeline.of(chunk) is None
    assert attributed == []


def test_a_chunk_without_photographs_fails_and_the_others_do_not(start, all_chunks, monkeypatch):
    lost = all_chunks[2]

    def open_most(layout, coins, options):
        if coins["coin_id"].iloc[0] == lost.coins["coin_id"].iloc[0]:
            raise OSError("the photographs are gone")
        return open_shown(layout, coins, options)

    monkeypatch.setattr("tasks.explaining.map_pipeline.open_shown", open_most)
    with start() as pipeline:
        for chunk in all_chunks:
            if chunk.place == lost.place:
                with pytest.raises(OSError, match="the photographs are gone"):
                    pipeline.of(chunk)
            else:
                assert pipeline.of(chunk) is not None
