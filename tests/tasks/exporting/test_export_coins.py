import io
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import networkx
import openpyxl
import pandas as pd
import pytest
from PIL import Image

from storage.errors import MissingError
from storage.layout import RunLayout
from tasks.exporting.explained import explained_coins
from tasks.exporting.export_coins import export_coins
from tasks.exporting.graph import likeness_graph
from tasks.exporting.orange import orange_table
from tasks.exporting.workbook import workbook

HOSTILE = '=HYPERLINK("http://evil.example")\x07<b>\t"'


@pytest.fixture(scope="module")
def explained(explained_run):
    return explained_coins(explained_run.layout.root)


@pytest.fixture
def hostile(explained):
    """The same coins; a column of the user's table has its name and its cells from somebody else."""
    coins = explained.coins.copy()
    for name, cell in ((HOSTILE, HOSTILE), ("grade", "2"), ("inventory_number", "0042"), ("self", "x")):
        coins[name] = cell
    return replace(explained, coins=coins)


@pytest.mark.parametrize("form", ["orange", "xlsx", "graphml", "json"])
def test_the_same_coins_leave_a_file_that_is_called_after_the_run(explained_run, tmp_path, form):
    file = export_coins(explained_run.layout.root, into=tmp_path / "new", form=form)
    assert file.stem == explained_run.layout.root.name
    assert [*(tmp_path / "new").iterdir()] == [file]
    assert file.stat().st_size > 200


def test_a_run_without_explanation_is_refused_with_what_to_do(explained_run, tmp_path):
    copy = RunLayout(tmp_path / "run")
    shutil.copytree(explained_run.layout.root, copy.root, symlinks=True)
    copy.latest.unlink()
    with pytest.raises(MissingError, match="coin-xai explain"):
        export_coins(copy.root, into=tmp_path, form="json")


def test_json_has_the_cluster_of_each_coin(explained, explained_run, tmp_path):
    file = export_coins(explained_run.layout.root, into=tmp_path, form="json")
    assert json.loads(file.read_text()) == explained.coins.set_index("coin_id")["cluster"].to_dict()


def orange(table):
    """Read a table as Orange does: names, types, flags, rows."""
    names, types, flags, *rows = (line.split("\t") for line in table.decode().splitlines())
    assert {len(one) for one in (types, flags, *rows)} == {len(names)}
    split = [[flag.replace("\\ ", " ") for flag in re.split(r"(?<!\\) ", one)] for one in flags]
    return names, dict(zip(names, types, strict=True)), dict(zip(names, split, strict=True)), rows


def test_orange_finds_the_photographs_and_takes_clusters_for_the_class(explained):
    names, types, flags, rows = orange(orange_table(explained))
    assert (types["cluster"], flags["cluster"]) == ("discrete", ["class"])
    assert (types["score"], flags["score"]) == ("continuous", [""])
    meta, image, origin = flags["photograph"]
    assert (types["photograph"], meta, image) == ("string", "meta", "type=image")
    folder = Path(origin.removeprefix('origin="').removesuffix('"'))
    photographs = [folder / row[names.index("photograph")] for row in rows]
    assert len({*photographs}) == len(explained.coins)
    for photograph in photographs:
        with Image.open(photograph) as opened:
            assert opened.format == "JPEG"


def test_orange_gets_kinds_and_numbers_of_a_users_table_and_no_further_columns_by_its_cells(hostile):
    names, types, _, _ = orange(orange_table(hostile))
    assert (types["grade"], types["inventory_number"]) == ("continuous", "discrete")
    assert types["coin_id"] == "string"
    assert len(names) == len({*names}) == len(hostile.coins.columns) + 1


def test_the_graph_joins_coins_that_match_and_says_which_way(explained, hostile):
    content = likeness_graph(hostile)
    ElementTree.fromstring(content)  # no sign in it that XML cannot hold
    graph = networkx.read_graphml(io.BytesIO(content))
    assert {*graph} == {*explained.coins["coin_id"]}
    neighbours = explained.neighbours()
    pairs = {
        *neighbours.loc[neighbours["kind"] == "match", ["coin_id", "neighbour"]].itertuples(
            index=False, name=None
        )
    }
    assert {frozenset(one) for one in graph.edges} == {frozenset(one) for one in pairs}
    for one, other, about in graph.edges(data=True):
        assert about["mutual"] == ((one, other) in pairs and (other, one) in pairs)
    clusters = explained.coins.set_index("coin_id")["cluster"].to_dict()
    assert {node: about["cluster"] for node, about in graph.nodes(data=True)} == clusters


def test_the_graph_is_of_features_where_nothing_was_matched(explained):
    neighbours = explained.neighbours()
    without = neighbours[neighbours["kind"] != "match"]

    class Unmatched(type(explained)):
        def neighbours(self):
            return without

    unmatched = Unmatched(explained.explanation, explained.epoch, explained.coins)
    graph = networkx.read_graphml(io.BytesIO(likeness_graph(unmatched)))
    most = without["rank"].max()
    nearest = without.sort_values("similarity", ascending=False).groupby("coin_id").head(most)
    assert {frozenset(one) for one in graph.edges} == {
        frozenset(one) for one in zip(nearest["coin_id"], nearest["neighbour"], strict=True)
    }
    cluster = explained.coins.set_index("coin_id")["cluster"]
    assert any(cluster[one] != cluster[other] for one, other in graph.edges)  # not the clusters once more


def test_the_workbook_has_a_thumbnail_and_a_link_a_coin_and_no_formula(explained, hostile):
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(hostile)))["coins"]
    heading, *rows = sheet.iter_rows()
    assert [cell.value for cell in heading][:4] == ["coin_id", "photograph", "cluster", "score"]
    assert len(rows) == len(explained.coins) == len(sheet._images)
    for row in rows:
        link = row[0].hyperlink
        assert unquote(link.location) == f"/coin/{row[0].value}"
        assert Path(unquote(link.target.removeprefix("file://"))) == explained.explanation.report
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b"}
    by_coin = {row[0].value: row[2].value for row in rows}
    assert by_coin == explained.coins.set_index("coin_id")["cluster"].to_dict()
    assert pd.Series(by_coin).is_monotonic_increasing
