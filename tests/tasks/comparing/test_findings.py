import numpy as np
import pytest

from coin_xai.errors import CatalogueError, OptionError
from tasks.comparing.findings import find, read_runs
from tasks.comparing.tables import tables_of
from tests.tasks.comparing.conftest import NAMES, TRUTH


def test_coins_that_all_runs_have_are_compared_whatever_their_order(finished):
    first = finished("first", TRUTH, k=4)
    second = finished("second", np.append(TRUTH[:30], [9, 9]), coin_ids=[*NAMES[:30], "X_2", "X_1"], k=4)
    found = find(read_runs([first, second]), None)
    assert found.coin_ids == sorted(NAMES[:30])
    assert found.label is None
    assert found.comparison.ami[0, 1] == pytest.approx(1)
    assert found.partition(1)["cluster"].tolist() == TRUTH[:30].tolist()


@pytest.mark.parametrize(("names", "told"), [(["X_1", "X_2"], "no coins"), (["X_1", NAMES[0]], "one coin")])
def test_runs_of_other_coins_are_refused(finished, names, told):
    runs = [finished("first", TRUTH, k=4), finished("other", [0, 1], coin_ids=names, k=2)]
    with pytest.raises(CatalogueError, match=f"first, other have {told} in common"):
        find(read_runs(runs), None)


def test_a_run_alone_or_given_twice_is_refused(three):
    with pytest.raises(OptionError, match="one run alone"):
        read_runs(three[:1])
    twice = three[0].parent / ".." / "runs" / "first"
    with pytest.raises(OptionError, match="first is given twice"):
        read_runs([three[0], three[1], twice])


def test_runs_of_one_name_are_refused(three, finished):
    other = finished("first", TRUTH, folder="elsewhere", k=4)
    with pytest.raises(OptionError, match="two runs are called first"):
        read_runs([three[0], other])


def test_labels_are_those_of_the_first_table_that_has_them(three):
    found = find(read_runs(three[::-1]), "type")
    assert found.label.tolist() == [None, *"a" * 9, *"b" * 10, *"c" * 10, *"d" * 10]
    with pytest.raises(OptionError, match="no table of coins of these runs has a column kind"):
        find(read_runs(three), "kind")


def test_a_table_that_says_nothing_of_these_coins_leaves_the_label_to_the_next(finished):
    first = finished("first", TRUTH, k=4, table={"type": None})
    second = finished("second", TRUTH, k=4, seed=2, table={"type": "owl"})
    assert set(find(read_runs([first, second]), "type").label) == {"owl"}
    third = finished("third", TRUTH, k=4, seed=3, table={"type": None})
    assert set(find(read_runs([first, third]), "type").label) == {None}


def test_every_column_can_be_the_label(three):
    assert find(read_runs(three), "coin_id").label.tolist() == list(NAMES)


def test_the_graph_is_that_of_the_first_run_that_has_matched_its_coins(finished):
    group = np.arange(40) // 10 * 10
    inside = np.stack([group + (np.arange(40) + step) % 10 for step in range(1, 10)], axis=1)
    matching = np.column_stack([inside, (group + 10) % 40])
    runs = [
        finished("by k-means", TRUTH, k=4, clustering="kmeans", matching=matching[::-1].copy()),
        finished("without", TRUTH, k=4),
        finished("matched", TRUTH, k=4, matching=matching),
    ]
    found = find(read_runs(runs), None)
    assert found.falls.stands_out == 4
    assert found.falls.table["k"].tolist() == [*range(2, 9)]
    assert tables_of(found).falls is found.falls.table
    none = find(read_runs(runs[:2]), None)
    assert none.falls is None
    assert tables_of(none).falls.columns.tolist() == found.falls.table.columns.tolist()


def test_chance_is_the_same_every_time(three):
    runs = read_runs(three)
    first, again = (find(runs, None).comparison for _ in range(2))
    assert first.company_by_chance == again.company_by_chance
    assert first.cores.share_by_chance == again.cores.share_by_chance
