import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.legacy.cluster_log import LARGEST_BYTES, read_cluster_log
from storage.legacy.errors import LegacyError

LISTS = [[1, 4], [], [0, 2], [3]]  # cluster 1 is empty
CLUSTER = [2, 0, 2, 3, 0]
RANK = [1, 0, 1, 2, 0]
# In the order of the clusters, as the thesis logs them: images 1, 4, 0, 2, 3.
PAIRS = [("/d/b.jpg", 0), ("/d/e.jpg", 0), ("/d/a.jpg", 1), ("/d/c.jpg", 1), ("/d/d.jpg", 2)]
PATHS = ("/d/a.jpg", "/d/b.jpg", "/d/c.jpg", "/d/d.jpg", "/d/e.jpg")


@pytest.fixture
def read(tmp_path):
    def call(content, protocol=pickle.HIGHEST_PROTOCOL):
        (tmp_path / "clusters").write_bytes(pickle.dumps(content, protocol))
        return read_cluster_log(tmp_path / "clusters")

    return call


def assert_partition(partition, k):
    assert partition.cluster.tolist() == CLUSTER
    assert partition.class_index.tolist() == RANK
    assert partition.k == k


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_log_of_the_reference_counts_positions(read, protocol):
    log = read([[[0, 1, 2, 3, 4], []], LISTS], protocol)
    assert (log.form, log.paths, log.n_images, len(log.partitions)) == ("reference", None, 5, 2)
    assert log.partitions[0].cluster.tolist() == [0] * 5
    assert_partition(log.partitions[1], 4)


def test_a_dict_of_clusters_is_a_list_of_them(read):
    assert_partition(read([dict(enumerate(LISTS))]).partitions[0], 4)


def test_positions_of_numpy_are_positions(read):
    assert_partition(read([[[np.int64(one) for one in members] for members in LISTS]]).partitions[0], 4)


def test_a_log_of_the_thesis_has_its_paths_in_the_order_of_the_clusters(read):
    log = read([(LISTS, PAIRS, 200)] * 1)
    assert (log.form, log.paths) == ("thesis", PATHS)
    assert_partition(log.partitions[0], 4)


def test_the_pairs_of_the_thesis_follow_the_lists_even_where_these_are_not_ascending(read):
    lists = [[4, 1], [], [2, 0], [3]]
    order = [1, 0, 3, 2, 4]
    assert read([(lists, [PAIRS[one] for one in order], 200)]).paths == PATHS


def test_entries_of_the_thesis_are_lists_after_json_too(read):
    assert read([[LISTS, [list(pair) for pair in PAIRS], 200]]).paths == PATHS


def test_both_forms_of_one_run_give_the_same_partition(read):
    one, other = read([LISTS]).partitions[0], read([(LISTS, PAIRS, 9)]).partitions[0]
    assert np.array_equal(one.cluster, other.cluster)
    assert np.array_equal(one.class_index, other.class_index)


def test_released_assignments_are_pairs(read):
    log = read([(path, cluster) for path, cluster in zip(PATHS, CLUSTER, strict=True)], 2)
    assert (log.form, log.paths) == ("released", PATHS)
    assert_partition(log.partitions[0], None)


def test_released_assignments_of_python_2_have_paths_in_the_bytes_of_their_system(tmp_path):
    names = "M\u00fcnze.jpg".encode(), "M\u00fcnze.jpg".encode("latin1")
    pairs = b"".join(b"U" + bytes([len(name)]) + name + b"K\x00\x86a" for name in names)
    (tmp_path / "clusters").write_bytes(b"\x80\x02]" + pairs + b".")
    assert read_cluster_log(tmp_path / "clusters").paths == ("Münze.jpg", "Münze.jpg")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "no cluster log"),
        ({"a": 1}, "no cluster log"),
        ("text", "no cluster log"),
        ([7], "none of the forms"),
        ([None], "none of the forms"),
        ([LISTS, 7], "entry 2 of .* is 7 where the others are lists"),
        (LISTS, "entry 1 of .*cluster 0 is 1, not a list of positions"),
        ([[[0], [1.0]]], "cluster 1 holds a value of the type float instead of a position"),
        ([[[0], [True]]], "cluster 1 holds a value of the type bool"),
        ([[[], []]], "holds no images"),
        (
            [[[0, 1], [3]]],
            "rule 'every image is in one cluster': entry 1 .*3 positions, and 3 is not within 0 to 2",
        ),
        ([[[0, -1]]], "-1 is not within 0 to 1"),
        ([[[0, 10**4000]]], "is not within 0 to 1"),
        ([LISTS, [[0, 1, 1], [3, 4]]], "entry 2 of .* holds image 1 2 times and image 2 never"),
        (
            [LISTS, [[0], [1]]],
            "rule 'all entries speak of the same images': entry 2 .* has 2 images and entry 1 has 5",
        ),
        ([{0: [0], 2: [1]}], "keys are not the clusters 0 to 1"),
        ([(LISTS, PAIRS[:4], 9)], "rule 'one path per image': .* has 4 paths for 5 images"),
        ([(LISTS, PAIRS[::-1], 9)], "rule 'labels are the ranks of the non-empty clusters'"),
        (
            [(LISTS, [*PAIRS[:4], ("/d/d.jpg", 3)], 9)],
            "gives '/d/d.jpg' the label 3, and its cluster has the rank 2",
        ),
        ([(LISTS, [*PAIRS[:4], 7], 9)], "has 7 among its pairs"),
        ([(LISTS, PAIRS, 9), LISTS], "entry 2 .* is no triple"),
        (
            [(LISTS, PAIRS, 9), (LISTS, [("/e/b.jpg", 0), *PAIRS[1:]], 9)],
            "entry 2 of .* gives the positions other paths than entry 1",
        ),
        ([("a.jpg", 0), ("b.jpg", -1)], "has the cluster -1"),
        ([("a.jpg", 0), ("b.jpg", "1")], "has the cluster a value of the type str"),
        ([("a.jpg", 0), ("b.jpg", 10**4000)], "has the cluster a value of the type int"),
        ([("a.jpg", 0), LISTS], "entry 2 .* is no pair"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_rule(read, content, message):
    with pytest.raises(LegacyError, match=message):
        read(content)


def test_a_small_file_that_stands_for_endless_lists_is_refused_at_once(read):
    lists = [list(range(20_000))]
    tracemalloc.start()
    for content in ([lists] * 20_000, [lists * 20_000], [(lists, [("a", 0)] * 20_000, 1)] * 20_000):
        with pytest.raises(LegacyError, match="more images than bytes"):
            read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 2**20  # spread out, each would take gigabytes


def test_a_list_that_holds_itself_is_refused(read):
    endless = []
    endless.append(endless)
    with pytest.raises(LegacyError):
        read(endless)


def test_a_truncated_log_is_called_so(tmp_path):
    (tmp_path / "clusters").write_bytes(pickle.dumps([LISTS] * 3)[:-4])
    with pytest.raises(LegacyError, match="cut off or no pickle"):
        read_cluster_log(tmp_path / "clusters")


def test_a_log_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LegacyError, match=r"nothing is not there \(--cluster-log\)"):
        read_cluster_log(tmp_path / "nothing")


def test_a_log_larger_than_any_is_not_read(tmp_path):
    with (tmp_path / "clusters").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(LegacyError, match="too many to read"):
        read_cluster_log(tmp_path / "clusters")


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 6)
    | st.text(max_size=3)
    | st.floats()
    | st.binary(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner)
        | st.tuples(inner, inner, inner)
        | st.dictionaries(st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=25,
)


@given(PLAIN)
@settings(max_examples=300, deadline=None)
def test_whatever_a_plain_pickle_holds_ends_in_a_log_or_in_our_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(pickle.dumps(content))
    try:
        log = read_cluster_log(path)
    except LegacyError:
        return
    assert all(len(one.cluster) == len(one.class_index) == log.n_images for one in log.partitions)
    assert log.paths is None or len(log.paths) == log.n_images


@given(st.integers(1, 6), st.lists(st.integers(0, 5), min_size=1, max_size=30), st.booleans())
@settings(deadline=None)
def test_every_true_log_is_read_as_it_was_written(tmp_path_factory, spare, cluster, with_paths):
    k = max(cluster) + spare
    lists = [[image for image, one in enumerate(cluster) if one == number] for number in range(k)]
    order = [image for members in lists for image in members]
    names = sorted(set(cluster))
    pairs = [(f"{image}.jpg", names.index(cluster[image])) for image in order]
    path = tmp_path_factory.getbasetemp() / "true"
    path.write_bytes(pickle.dumps([(lists, pairs, 3)] if with_paths else [lists]))
    log = read_cluster_log(path)
    (partition,) = log.partitions
    assert partition.cluster.tolist() == cluster
    assert partition.class_index.tolist() == [names.index(one) for one in cluster]
    assert partition.k == k
    assert log.paths == (tuple(f"{image}.jpg" for image in range(len(cluster))) if with_paths else None)
