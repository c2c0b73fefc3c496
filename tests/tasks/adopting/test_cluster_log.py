import pickle

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_xai.errors import CatalogueError
from storage.legacy.cluster_log import ClusterLog
from storage.legacy.errors import LegacyError
from storage.legacy.partition import LoggedPartition, ranks
from tasks.adopting.cluster_log import choose, read_log, units


def partition(*cluster, k=None):
    ids = np.array(cluster, dtype=np.int64)
    return LoggedPartition(ids, ranks(ids), k)


def reference(*partitions):
    return ClusterLog("reference", partitions, None)


def table(*cluster, form="table"):
    return ClusterLog(form, (partition(*cluster),), tuple(f"{n}.jpg" for n in range(len(cluster))))


@pytest.fixture
def csv(tmp_path):
    def write(text, name="clusters.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_a_csv_of_path_and_cluster_is_a_log(csv):
    log = read_log(csv("coin;path;cluster\na;x/a.jpg;7\nb;b.jpg;0\nc;c.jpg;7\n"))
    assert (log.form, log.paths) == ("table", ("x/a.jpg", "b.jpg", "c.jpg"))
    assert log.partitions[0].cluster.tolist() == [7, 0, 7]
    assert log.partitions[0].class_index.tolist() == [1, 0, 1]
    assert log.partitions[0].k is None


def test_a_workbook_is_a_log(tmp_path):
    workbook = openpyxl.Workbook()
    for row in (["path", "cluster"], ["a.jpg", 3], ["b.jpg", 0.0]):
        workbook.active.append(row)
    workbook.save(tmp_path / "clusters.XLSX")
    assert read_log(tmp_path / "clusters.XLSX").partitions[0].cluster.tolist() == [3, 0]


def test_a_table_may_name_the_units_of_the_head(csv):
    log = read_log(csv("path,cluster,class_index\na.jpg,7,2\nb.jpg,0,5\n"))
    assert log.form == "assignments"
    assert log.partitions[0].class_index.tolist() == [2, 5]


def test_a_file_of_another_name_is_a_pickle(tmp_path):
    (tmp_path / "clusters").write_bytes(pickle.dumps([[[0], [1]]]))
    assert read_log(tmp_path / "clusters").form == "reference"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,cluster\na.jpg,1\n", "has no column path; it has: file, cluster"),
        ("path,group\na.jpg,1\n", "has no column cluster; it has: path, group"),
        ("path,cluster\n,1\n", "row 2 of .* has no path"),
        ("path,cluster\na.jpg,1\nb.jpg,\n", "row 3 of .* has the cluster None, no whole number"),
        ("path,cluster\na.jpg,-1\n", "row 2 of .* has the cluster '-1'"),
        ("path,cluster\na.jpg,1.5\n", "row 2 of .* has the cluster '1.5'"),
        ("path,cluster\na.jpg,९\n", "row 2 of .* has the cluster"),
        ("path,cluster\na.jpg,99999999999\n", "row 2 of .* has the cluster"),
        ("path,cluster,class_index\na.jpg,1,x\n", "row 2 of .* has the class_index 'x'"),
        ("path,cluster,class_index\na.jpg,1,0\nb.jpg,1,1\n", "gives the cluster 1 more than one class_index"),
        ("path,cluster,class_index\na.jpg,1,0\nb.jpg,2,0\n", "gives the class_index 0 more than one cluster"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_row(csv, text, message):
    with pytest.raises(LegacyError, match=message):
        read_log(csv(text))


def test_a_pickle_that_is_called_a_table_is_refused(csv):
    path = csv("")
    path.write_bytes(pickle.dumps([[[0]]]))
    with pytest.raises(CatalogueError):
        read_log(path)


def test_a_log_that_is_not_there_is_named(tmp_path):
    for name in ("clusters", "clusters.csv"):
        with pytest.raises(LegacyError, match=r"is not there \(--cluster-log\)"):
            read_log(tmp_path / name)


EPOCHS = reference(*[partition(0, 1, k=2)] * 5)


@pytest.mark.parametrize(
    ("epoch", "wanted", "expected", "said"),
    [
        (5, None, 4, ""),
        (None, None, 4, ""),
        (2, None, 1, "has learnt 2 epochs and the cluster log has 5 entries: entry 2 is taken"),
        (6, None, 4, "has learnt 6 epochs and the cluster log has 5 entries: the last one is taken"),
        (200, None, 4, "the training was resumed, which begins the log anew"),
        (5, 1, 0, ""),
        (200, 3, 2, ""),
    ],
)
def test_the_entry_is_that_of_the_epoch_or_the_wanted_one(caplog, epoch, wanted, expected, said):
    assert choose(EPOCHS, epoch, wanted=wanted) == expected
    assert said in caplog.text
    assert bool(said) == bool(caplog.records)


@pytest.mark.parametrize("wanted", [0, 6, -1])
def test_an_entry_that_is_not_there_is_refused(wanted):
    with pytest.raises(LegacyError, match=rf"has 5 entries, no entry {wanted} \(--epoch\)"):
        choose(EPOCHS, 5, wanted=wanted)


def test_a_log_without_epochs_has_one_entry_for_any(caplog):
    assert choose(table(0, 1), 200) == 0
    assert not caplog.records


def test_the_unit_of_a_cluster_is_its_rank_among_those_with_images():
    log = reference(partition(0, 4, 2, k=5))
    assert units(log, 0, n_units=5).tolist() == [0, 2, 1]


@pytest.mark.parametrize("n_units", [3, 4, 6])
def test_a_head_of_another_size_is_refused(n_units):
    with pytest.raises(LegacyError, match=rf"head has {n_units} units, and entry 1 .* has 5 clusters"):
        units(reference(partition(0, 4, 2, k=5)), 0, n_units=n_units)


def test_a_table_of_more_clusters_than_the_head_has_units_is_refused():
    with pytest.raises(LegacyError, match="has 2 units, and entry 1 of the cluster log has 3 clusters"):
        units(table(0, 4, 2), 0, n_units=2)


@pytest.mark.parametrize("cluster", [(0, 4, 2), (5, 6, 7)])
def test_a_table_that_leaves_the_units_open_is_refused(cluster):
    with pytest.raises(
        LegacyError, match=r"names 3 clusters and the head has 8 units.*add a column class_index"
    ):
        units(table(*cluster), 0, n_units=8)


def test_a_table_is_taken_where_its_units_are_certain():
    assert units(table(0, 4, 2), 0, n_units=3).tolist() == [0, 2, 1]
    assert units(table(0, 1, 1), 0, n_units=8).tolist() == [0, 1, 1]
    assert units(table(0, 4, 2, form="assignments"), 0, n_units=8).tolist() == [0, 2, 1]
    # Released assignments are of the whole data set, so clusters that they lack were empty.
    assert units(table(0, 4, 2, form="released"), 0, n_units=8).tolist() == [0, 2, 1]


CELLS = st.one_of(
    st.text(max_size=4), st.integers(-2, 5).map(str), st.sampled_from(["", '"', "a/b.jpg", "\x00"])
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5), st.booleans())
@settings(deadline=None)
def test_whatever_a_table_holds_ends_in_a_log_or_in_our_error(tmp_path_factory, rows, units_too):
    header = ["path", "cluster", "class_index"][: 2 + units_too]
    path = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    text = "\n".join(",".join(row) for row in [header, *rows])
    path.write_bytes(text.encode(errors="surrogatepass"))
    try:
        log = read_log(path)
    except (LegacyError, CatalogueError):
        return
    assert len(log.paths) == log.n_images > 0
    assert log.partitions[0].cluster.min() >= 0
