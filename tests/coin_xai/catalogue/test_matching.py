from unicodedata import normalize

import pandas as pd
import pytest

from coin_xai.catalogue import catalogue
from coin_xai.catalogue.matching import rows_by_coin, rows_by_file


def matches(lookup, paths, values, **options):
    """Return for each path the values that speak of it."""
    coins = catalogue(paths)
    rows = lookup(coins, pd.Series(values, dtype=object), **options)
    found = dict(zip(coins["path"], ([values[row] for row in one] for one in rows), strict=True))
    return [found[path] for path in paths]


@pytest.mark.parametrize(
    "value",
    [
        "y/a.jpg",
        "a.jpg",
        "./y/a.jpg",
        r"y\a.jpg",
        r"C:\coins\x\y\a.JPG",
        "/somewhere/x/y/a.jpg",
    ],
)
def test_files_match_by_the_folders_that_both_name(value):
    assert matches(rows_by_file, ["x/y/a.jpg"], [value]) == [[value]]


@pytest.mark.parametrize("value", [None, "", ".", "b.jpg", "z/a.jpg", "a", "a.png", "/x/z/y/a.jpg"])
def test_files_of_other_names_or_folders_do_not_match(value):
    assert matches(rows_by_file, ["x/y/a.jpg"], [value]) == [[]]


def test_decomposed_letters_match_composed_ones():
    assert matches(rows_by_file, [normalize("NFD", "é/ü.jpg")], ["é/ü.jpg"]) == [["é/ü.jpg"]]
    name = normalize("NFD", "é/ü")
    assert matches(rows_by_coin, ["é/ü.jpg"], [name]) == [[name]]


def test_the_row_that_shares_more_folders_wins():
    values = ["a.jpg", "x/a.jpg"]
    assert matches(rows_by_file, ["x/a.jpg", "y/a.jpg"], values) == [["x/a.jpg"], ["a.jpg"]]


def test_the_photograph_that_shares_more_folders_wins():
    values = ["/coins/a.jpg", "/coins/x/a.jpg"]
    assert matches(rows_by_file, ["a.jpg", "x/a.jpg"], values) == [["/coins/a.jpg"], ["/coins/x/a.jpg"]]


def test_an_equal_path_wins_over_one_in_a_folder():
    assert matches(rows_by_file, ["a.jpg", "x/a.jpg"], ["a.jpg"]) == [["a.jpg"], []]


def test_a_row_and_photographs_that_are_equally_near_all_match():
    assert matches(rows_by_file, ["x/a.jpg", "y/a.jpg"], ["a.jpg"]) == [["a.jpg"], ["a.jpg"]]
    assert matches(rows_by_file, ["a.jpg"], ["x/a.jpg", "y/a.jpg"]) == [["x/a.jpg", "y/a.jpg"]]


def test_ten_thousand_photographs_of_one_name_take_no_time_to_speak_of():
    paths = [f"coin {number}/reverse.jpg" for number in range(10_000)]
    assert matches(rows_by_file, paths, [f"/photographs/{path}" for path in paths])[77] == [
        "/photographs/coin 77/reverse.jpg"
    ]


SIDES = ["BN_3023_A.jpg", "BN_3023_R.jpg", "MAN-7-R.jpg", "IMG 1.jpg"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("BN_3023_R", [False, True, False, False]),
        ("BN_3023", [True, True, False, False]),
        ("BN-3023", [True, True, False, False]),
        ("BN 3023", [True, True, False, False]),
        ("MAN_7", [False, False, True, False]),
        ("MAN-7-R", [False, False, True, False]),
        ("IMG 1", [False, False, False, True]),
        ("IMG_1", [False, False, False, False]),
        ("3023", [False, False, False, False]),
        ("bn_3023", [False, False, False, False]),
        (None, [False, False, False, False]),
    ],
)
def test_coins_match_by_coin_id_or_by_collection_and_inventory(value, found):
    assert [bool(one) for one in matches(rows_by_coin, SIDES, [value])] == found


def test_the_coin_id_goes_before_the_name_of_the_coin():
    assert matches(rows_by_coin, SIDES[:2], ["BN_3023", "BN_3023_R"]) == [["BN_3023"], ["BN_3023_R"]]


def test_the_inventory_number_alone_matches_on_demand_only():
    assert matches(rows_by_coin, SIDES, ["3023"], inventory_alone=True) == [["3023"], ["3023"], [], []]
