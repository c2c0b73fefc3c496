import io
import logging

import numpy as np
import openpyxl
import pandas as pd
import pytest

from coin_xai.catalogue import catalogue
from coin_xai.catalogue.given import read_clusters, read_vectors
from coin_xai.errors import CatalogueError
from storage.tables import csv_bytes

COINS = catalogue(["a/BN_1_R.jpg", "a/BN_2_R.jpg", "b/BN_10_R.jpg"]).sort_values("coin_id")
IDS = ["BN_10_R", "BN_1_R", "BN_2_R"]
VECTORS = [[1.0, 0.5, 0.0], [0.0, 2.0, 1.0], [3.0, 0.0, -1.0]]


def parquet(table, *, index=False):
    file = io.BytesIO()
    table.to_parquet(file, index=index)
    return file.getvalue()


def csv(table):
    return table.to_csv(index=False).encode()


def workbook(table):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in [list(table), *table.to_numpy().tolist()]:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def wide(vectors=VECTORS, **names):
    return pd.DataFrame({**(names or {"coin_id": IDS}), **dict(zip("xyz", np.array(vectors).T, strict=True))})


def listed(vectors=VECTORS, ids=IDS):
    return pd.DataFrame({"coin_id": ids, "model": "dino", "vector": vectors})


def vectors_of(data):
    return read_vectors(data, COINS, name="v.parquet")


def clusters_of(data):
    return read_clusters(data, COINS, name="types.csv")


@pytest.mark.parametrize(
    "data",
    [
        parquet(listed()),
        parquet(listed().sample(frac=1, random_state=1)),
        parquet(listed().set_index("coin_id"), index=True),
        parquet(wide()),
        csv(wide()),
        csv(wide(path=["/elsewhere/b/BN_10_R.JPG", "a/BN_1_R.jpg", "a/BN_2_R.jpg"])),
        csv(wide(file=["BN_10_R.jpg", "BN_1_R.jpg", "BN_2_R.jpg"])),
    ],
)
def test_vectors_come_in_the_order_of_the_coins_from_every_form(data):
    np.testing.assert_array_equal(vectors_of(data), np.array(VECTORS, dtype=np.float32))


def test_rows_without_a_photograph_are_told_and_left_out(caplog):
    more = pd.concat([wide(), wide(coin_id=["X_1", "X_2", "X_3"])])
    with caplog.at_level(logging.WARNING):
        assert len(vectors_of(csv(more))) == 3
    assert "3 rows of v.parquet belong to no photograph" in caplog.text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (parquet(listed([*VECTORS[:2], None])), r"BN_2_R; .*take the photographs out"),
        (parquet(listed([*VECTORS[:2], [1.0]])), "1 of 3 coins have another length than 3, .*: BN_2_R"),
        (
            csv(wide([*VECTORS[:2], [1, np.nan, 1]])),
            r"1 of 3 coins have no finite vector in v.parquet: BN_2_R",
        ),
        (csv(wide([[0, 0, 0], *VECTORS[1:]])), "vector of zeros, which points nowhere, .*: BN_10_R"),
        (csv(wide()[:2]), r"1 of 3 coins are missing \(column coin_id\) in v.parquet: BN_2_R; mend or add"),
        (csv(wide(coin_id=[*IDS[:2], IDS[0]])), r"more than one row .*BN_10_R \(rows 2, 4\)"),
        (csv(wide(name=IDS)), "none of the columns coin_id, path, file .* has: name, x, y, z"),
        (csv(wide().assign(remark="worn")), "the columns remark beside those that name the coins"),
        (csv(wide()[["coin_id", "x"]]), "1 columns of numbers"),
        (parquet(listed().assign(other=VECTORS)), r"several columns of lists \(vector, other\)"),
        (parquet(listed([["a"], ["b"], ["c"]])), "lists that hold other things than numbers"),
        (b"PAR1 and nothing else", "no readable Parquet table"),
        (b"", "no readable Parquet or CSV"),
        (b"PK\x03\x04", "is a workbook"),
    ],
)
def test_what_is_wrong_with_vectors_is_said_with_the_coin_and_the_file(data, message):
    with pytest.raises(CatalogueError, match=message):
        vectors_of(data)


@pytest.mark.parametrize("write", [csv, parquet, workbook])
def test_clusters_are_read_from_every_form_and_keep_the_names_of_types(write):
    found = clusters_of(write(pd.DataFrame({"coin_id": IDS, "cluster": ["type 10", "type 2", "type 10"]})))
    assert found.cluster.tolist() == [1, 0, 1]
    assert found.names == ("type 2", "type 10")
    assert found.stability is None


@pytest.mark.parametrize("write", [csv, parquet, workbook])
@pytest.mark.parametrize(
    ("labels", "cluster", "names"),
    [
        ([1, 0, 1], [1, 0, 1], None),
        ([9, 11, 9], [0, 1, 0], ("9", "11")),
        ([2, 1, 3], [1, 0, 2], ("1", "2", "3")),
    ],
)
def test_numbers_are_names_unless_they_count_from_0(write, labels, cluster, names):
    found = clusters_of(write(pd.DataFrame({"coin_id": IDS, "cluster": labels})))
    assert (found.cluster.tolist(), found.names) == (cluster, names)


def test_a_table_of_ours_brings_its_names_and_its_stability():
    table = pd.DataFrame(
        {"coin_id": IDS, "path": COINS["path"], "cluster": [0, 1, 0], "cluster_name": ["axe", "star", "axe"]}
    ).assign(stability=np.array([1, 0.25, 0.5], dtype=np.float32))
    found = clusters_of(parquet(table))
    assert found.names == ("axe", "star")
    assert found.stability.tolist() == [1, 0.25, 0.5]


def test_one_row_may_speak_of_both_sides_of_a_coin():
    sides = catalogue(["BN_1_A.jpg", "BN_1_R.jpg", "BN_2_A.jpg", "BN_2_R.jpg"])
    table = csv(pd.DataFrame({"coin_id": ["BN_1", "BN_2"], "cluster": ["x", "y"]}))
    assert read_clusters(table, sides, name="t.csv").cluster.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"coin_id": IDS, "type": list("xyz")}, "types.csv has no column cluster; it has: coin_id, type"),
        ({"coin_id": IDS, "cluster": ["x", None, "y"]}, "1 coin has no cluster in types.csv: BN_1_R; give"),
        ({"coin_id": IDS, "cluster": list("xxx")}, "all coins the one cluster x"),
        ({"coin_id": IDS[1:], "cluster": list("xy")}, "are missing .*: BN_10_R"),
        (
            {"coin_id": IDS, "cluster": list("xyz"), "stability": [0.5, 2, 1]},
            "have a stability that is not from 0 to 1 in types.csv: BN_1_R",
        ),
    ],
)
def test_what_is_wrong_with_clusters_is_said(table, message):
    with pytest.raises(CatalogueError, match=message):
        clusters_of(csv(pd.DataFrame(table)))


def test_names_that_a_table_of_ours_covers_are_those_of_the_coins():
    coins = catalogue(["=cmd|calc!A0.jpg", "-rf.jpg", "'=1.jpg"])
    ids = coins["coin_id"].tolist()
    table = csv_bytes(pd.DataFrame({"coin_id": ids, "x": [1.0, 2, 3], "y": 1.0}))
    assert read_vectors(table, coins, name="v.csv")[:, 0].tolist() == [1, 2, 3]
    table = csv_bytes(pd.DataFrame({"coin_id": ids, "cluster": ["=a", "'=a", "=a"]}))
    assert read_clusters(table, coins, name="t.csv").names == ("'=a", "=a")
