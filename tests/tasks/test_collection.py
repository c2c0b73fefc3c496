import pandas as pd
import pytest

from storage.layout import ExplanationLayout
from tasks.collection import CHUNK_COINS, Shard, chunks, shards


def explanation_of(folder, sizes):
    """An explanation whose clusters have these sizes."""
    clusters = [cluster for cluster, size in enumerate(sizes) for _ in range(size)]
    coins = pd.DataFrame({"coin_id": [f"{n:06}" for n in range(len(clusters))], "cluster": clusters})
    explanation = ExplanationLayout(folder)
    coins.sample(frac=1, random_state=1).to_parquet(explanation.assignments)
    return explanation


@pytest.mark.parametrize("count", [1, 3, 80, 81, 1000])
def test_every_cluster_is_in_one_shard_and_there_are_never_too_many(tmp_path, count):
    found = shards(explanation_of(tmp_path, [2] * count), list(range(count)), at_most=80)
    assert [cluster for shard in found for cluster in shard.clusters] == list(range(count))
    assert len(found) <= 80
    assert sum(shard.coins for shard in found) == 2 * count


def test_a_shard_names_itself(tmp_path):
    explanation = explanation_of(tmp_path, [5, CHUNK_COINS + 1])
    assert [shard.which for shard in shards(explanation, [0, 1], at_most=2)] == [
        "cluster 0 (5 coins in 1 chunk)",
        f"cluster 1 ({CHUNK_COINS + 1} coins in 2 chunks)",
    ]
    assert Shard([3, 4], 7, 2).which == "clusters 3 to 4 (7 coins in 2 chunks)"


def test_chunks_hold_every_coin_once_by_coin_id(tmp_path):
    found = list(chunks(explanation_of(tmp_path, [3, CHUNK_COINS + 2]), [0, 1]))
    assert [(chunk.cluster, chunk.number, len(chunk.coins)) for chunk in found] == [
        (0, 0, 3),
        (1, 0, CHUNK_COINS),
        (1, 1, 2),
    ]
    names = [name for chunk in found for name in chunk.coins["coin_id"]]
    assert names == sorted(names)
    assert len({*names}) == CHUNK_COINS + 5


def test_a_chunk_is_the_same_work_only_for_the_same_coins_and_explanation(tmp_path):
    first, second = chunks(explanation_of(tmp_path, [3, 3]), [0, 1])
    one, other = ExplanationLayout(tmp_path / "a"), ExplanationLayout(tmp_path / "b")
    assert first.fingerprint(one) == first.fingerprint(ExplanationLayout(tmp_path / "elsewhere" / "a"))
    assert len({first.fingerprint(one), first.fingerprint(other), second.fingerprint(one)}) == 3
