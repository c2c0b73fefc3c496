from unicodedata import normalize

import pytest

from coin_xai.catalogue import catalogue
from coin_xai.errors import CatalogueError


def only(path, **options):
    (coin,) = catalogue([path], **options).to_dict("records")
    return coin


@pytest.mark.parametrize(
    ("path", "collection", "inventory", "side"),
    [
        ("BN_3023_R.jpg", "BN", "3023", "reverse"),
        ("deep/down/BN_2955A_avers.JPG", "BN", "2955A", "obverse"),
        ("BN-3023-D.tif", "BN", "3023", "obverse"),
        ("Jersey CATII-H-31484 a.png", "Jersey", "CATII-H-31484", "obverse"),
        ("smb_00001_rev.jpg", "smb", "00001", "reverse"),
        ("Köln_12.5_Rückseite.jpg", "Köln", "12.5", "reverse"),
    ],
)
def test_names_of_the_pattern_are_read(path, collection, inventory, side):
    coin = only(path)
    assert coin["coin_id"] == path.split("/")[-1].rsplit(".", 1)[0]
    assert (coin["path"], coin["error"]) == (path, None)
    assert (coin["collection"], coin["inventory"], coin["side"]) == (collection, inventory, side)


@pytest.mark.parametrize(
    "path",
    [
        "IMG 0001.jpg",
        "train/10c/train_10_15.jpg",
        "BN_3023_edge.jpg",
        "L0082D.jpg",
        "-rf.jpg",
        "CON.jpg",
        "🪙/👩‍🔬.png",
        'O\'Brien "1".jpg',
        f"{'long/' * 60}x.jpg",
        " .jpg",
        "a.b.c.jpg",
        r"back\slash.jpg",
    ],
)
def test_any_other_name_is_the_path_without_suffix(path):
    coin = only(path)
    assert coin["coin_id"] == path.rsplit(".", 1)[0]
    assert (coin["path"], coin["error"]) == (path, None)
    assert (coin["collection"], coin["inventory"], coin["side"]) == (None, None, None)


def test_a_name_copied_from_a_mac_is_the_same_coin():
    composed, decomposed = "Köln_12_Rückseite.jpg", normalize("NFD", "Köln_12_Rückseite.jpg")
    assert composed != decomposed
    coin = only(decomposed)
    assert coin["path"] == decomposed
    assert {**coin, "path": composed} == only(composed)
    assert only(normalize("NFD", "Münze.jpg"))["coin_id"] == "Münze"


@pytest.mark.parametrize(
    ("path", "shown", "fault"),
    [
        (b"x/m\xfcnze.jpg".decode("utf-8", "surrogateescape"), r"x/m\xfcnze", "that is not UTF-8"),
        (b"BN_3023_R\xe9.jpg".decode("utf-8", "surrogateescape"), r"BN_3023_R\xe9", "that is not UTF-8"),
        ("BN_30\n23_R.jpg", r"BN_30\n23_R", "control characters"),
        ("new\nfolder/BN_3023_R.jpg", r"new\nfolder/BN_3023_R", "control characters"),
    ],
)
def test_a_name_that_no_table_can_hold_is_listed_with_its_reason(path, shown, fault, tmp_path):
    coins = catalogue([path, "BN_3024_R.jpg"])
    row = coins.set_index("coin_id").loc[shown]
    assert row["path"] == f"{shown}.jpg"
    assert fault in row["error"]
    assert row["error"].startswith(f"{shown}.jpg has ")
    assert row["error"].endswith("; rename it")
    assert row[["collection", "inventory", "side"]].isna().all()
    assert coins.set_index("coin_id").loc["BN_3024_R", "error"] is None
    coins.to_parquet(tmp_path / "coins.parquet")
    coins.to_csv(tmp_path / "coins.csv")


def test_coins_are_ordered_by_coin_id_whatever_the_order_of_files():
    paths = ["b/BN_2_R.jpg", "a/BN_3_R.jpg", "z.jpg", "c/BN_1_R.jpg"]
    coins = catalogue(paths)
    assert coins["coin_id"].tolist() == ["BN_1_R", "BN_2_R", "BN_3_R", "z"]
    assert coins.equals(catalogue(reversed(paths)))


def test_no_photographs_give_an_empty_table():
    coins = catalogue([])
    assert coins.columns.tolist() == ["coin_id", "path", "collection", "inventory", "side", "error"]
    assert coins.empty


@pytest.mark.parametrize(
    "paths",
    [
        ["x/BN_1_R.jpg", "y/BN_1_R.jpg"],
        ["a.jpg", "a.png"],
        ["é.jpg", normalize("NFD", "é.jpg")],
    ],
)
def test_two_photographs_of_one_name_are_refused_with_both_paths(paths):
    with pytest.raises(CatalogueError, match="2 photographs share their coin_id") as caught:
        catalogue([*paths, "other.jpg"])
    assert all(path in str(caught.value) for path in paths)


@pytest.mark.parametrize(
    "paths",
    [
        ["Coin.jpg", "coin.jpg"],
        ["A/1.jpg", "a/1.jpg"],
        ["x/BN_1_R.jpg", "y/bn_1_r.jpg"],
        ["É.jpg", normalize("NFD", "é.jpg")],
    ],
)
def test_names_that_differ_in_capitals_alone_are_refused(paths):
    with pytest.raises(
        CatalogueError, match=r"2 photographs have names that differ .* in capitals alone"
    ) as caught:
        catalogue([*paths, "other.jpg"])
    assert all(path in str(caught.value) for path in paths)


def test_names_that_differ_in_letters_are_not():
    assert len(catalogue(["Straße.jpg", "Strasse.jpg", "Muller.jpg", "Müller.jpg"])) == 4


def test_a_pattern_of_ones_own_may_name_some_of_the_parts():
    coin = only("3023-R.jpg", pattern=r"(?P<inventory>\d+)-(?P<side>.)")
    assert (coin["collection"], coin["inventory"], coin["side"]) == (None, "3023", "reverse")
    assert only("3023.jpg", pattern=r"(?P<inventory>\d+)(-(?P<side>.))?")["side"] is None
    assert only("BN3023.jpg", pattern=r"bn(?P<inventory>\d+)")["inventory"] == "3023"


def test_without_a_pattern_no_name_is_read():
    coin = only("x/BN_3023_R.jpg", pattern=None)
    assert (coin["coin_id"], coin["side"]) == ("x/BN_3023_R", None)


def test_a_side_that_a_pattern_of_ones_own_finds_must_be_known():
    with pytest.raises(CatalogueError, match=r"no known word \(a, avers.*3023_Z\.jpg"):
        catalogue(["3023_Z.jpg"], pattern=r"(?P<inventory>\d+)_(?P<side>.)")


@pytest.mark.parametrize(
    ("pattern", "words"), [("(", "is no regular expression"), ("(?P<museum>.*)", "and no others")]
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern, words):
    with pytest.raises(CatalogueError, match=words):
        catalogue(["a.jpg"], pattern=pattern)
