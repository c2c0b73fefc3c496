import pandas as pd
import pytest

from coin_xai.catalogue import catalogue, join_table, read_table
from coin_xai.catalogue.join import OURS
from coin_xai.errors import CatalogueError


def joined(paths, text, **options):
    """Return the joined table, by path, and how it matched."""
    coins, match = join_table(catalogue(paths), read_table(text.encode(), name="coins.csv"), **options)
    return coins.set_index("path"), match


BOTH_SIDES = ["BN_3023_A.jpg", "BN_3023_R.jpg", "BN_3024_R.jpg"]


def test_columns_follow_the_coins_and_what_is_left_over_is_told():
    coins, match = joined(
        ["x/a.jpg", "b.jpg", "c.jpg"], "file,motif,weight\nb.jpg,axe,3.1\nx/a.jpg,cross,\nlost.jpg,,2\n"
    )
    assert coins.columns.tolist()[-3:] == ["file", "motif", "weight"]
    assert coins.loc["x/a.jpg", ["motif", "weight"]].tolist() == ["cross", None]
    assert coins.loc["b.jpg", ["motif", "weight"]].tolist() == ["axe", "3.1"]
    assert coins.loc["c.jpg", ["file", "motif", "weight"]].tolist() == [None, None, None]
    assert match.column == "file"
    assert match.photographs_without_row == ("c",)
    assert match.rows_without_photograph == ("lost.jpg",)


def test_the_coins_given_stay_as_they_are():
    coins = catalogue(BOTH_SIDES)
    before = coins.copy()
    join_table(coins, read_table(b"id,x\nBN_3023,1\n", name="x"))
    pd.testing.assert_frame_equal(coins, before)


def test_one_row_a_coin_speaks_of_both_its_sides():
    coins, match = joined(BOTH_SIDES, "number,type\nBN_3023,cross\nBN_3024,axe\nBN_9,\n")
    assert coins["type"].to_dict() == {
        "BN_3023_A.jpg": "cross",
        "BN_3023_R.jpg": "cross",
        "BN_3024_R.jpg": "axe",
    }
    assert (match.column, match.rows_without_photograph) == ("number", ("BN_9",))


def test_one_row_a_coin_id_speaks_of_one_side():
    coins, _ = joined(BOTH_SIDES, "id,x\nBN_3023_A,1\nBN_3023_R,2\n", id_column="id")
    assert coins["x"].tolist() == ["1", "2", None]


def test_the_inventory_number_alone_needs_the_option():
    text = "inventory number,x\n3023,1\n3024,2\n"
    coins, _ = joined(BOTH_SIDES, text, id_column="inventory number")
    assert coins["x"].tolist() == ["1", "1", "2"]
    with pytest.raises(CatalogueError, match="no column of the table names the photographs"):
        joined(BOTH_SIDES, text)


def test_the_column_that_names_most_photographs_is_found():
    text = "id,reverse_file,obverse_file\nBN_1,r/BN_1_R.jpg,o/BN_1_A.jpg\nBN_2,r/BN_2_R.jpg,o/BN_2_A.jpg\n"
    reverses, obverses = ["r/BN_1_R.jpg", "r/BN_2_R.jpg"], ["o/BN_1_A.jpg", "o/BN_2_A.jpg"]
    assert joined(reverses, text)[1].column == "reverse_file"
    assert joined(obverses, text)[1].column == "obverse_file"
    assert joined(reverses + obverses, text)[1].column == "id"


def test_a_column_with_one_row_a_photograph_is_better_than_one_a_coin():
    text = "coin,file\nBN_3023,BN_3023_A.jpg\nBN_3023,BN_3023_R.jpg\nBN_3024,lost.jpg\n"
    coins, match = joined(BOTH_SIDES, text)
    assert match.column == "file"
    assert coins["coin"].tolist() == ["BN_3023", "BN_3023", None]


def test_one_row_for_two_photographs_is_refused_with_both():
    with pytest.raises(
        CatalogueError, match=r"row 3 of the table \(file: a\.jpg\).*x/a\.jpg, y/a\.jpg; give the folder"
    ):
        joined(["b.jpg", "x/a.jpg", "y/a.jpg"], "file\nb.jpg\na.jpg\n")


def test_an_inventory_number_of_two_collections_is_refused():
    with pytest.raises(
        CatalogueError, match=r"BN_7_R\.jpg, MAN_7_R\.jpg; give the folder, or the collection"
    ):
        joined(["BN_7_R.jpg", "MAN_7_R.jpg"], "number\n7\n", id_column="number")


@pytest.mark.parametrize("options", [{}, {"file_column": "file"}])
def test_two_rows_for_one_photograph_are_refused_with_their_numbers(options):
    with pytest.raises(CatalogueError, match=r"more than one row by file.*a \(rows 2, 4\)"):
        joined(["a.jpg"], "file,x\na.jpg,1\n\na.jpg,2\n", **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"file_column": "id"},
            r"id \(--file-column\) names none .*: it says M1, M2; they are a\.jpg, b\.jpg",
        ),
        ({"id_column": "file"}, r"file \(--id-column\) names none .*: it says a\.jpg; they are a, b"),
        ({"id_column": "empty"}, r"empty \(--id-column\) names none .*: it says nothing; they are a, b"),
        ({"file_column": "none"}, r"no column none \(--file-column\); it has: id, file, empty"),
        ({"id_column": "none"}, r"no column none \(--id-column\); it has: id, file, empty"),
        ({"id_column": "id", "file_column": "file"}, "exclude each other; give one of them"),
    ],
)
def test_a_column_that_does_not_fit_is_refused(options, words):
    with pytest.raises(CatalogueError, match=words):
        joined(["a.jpg", "b.jpg"], "id,file,empty\nM1,a.jpg,\nM2,,\n", **options)


def test_a_table_of_other_photographs_is_refused_with_examples():
    with pytest.raises(
        CatalogueError, match=r"names the photographs \(a\.jpg\).*--file-column.*has: file, x"
    ):
        joined(["a.jpg"], "file,x\nb.jpg,1\n")


def test_columns_that_would_hide_ours_are_renamed_and_never_collide():
    coins, _ = joined(["a.jpg"], "file,path,table_path,cluster,error\na.jpg,1,2,3,4\n")
    row = coins.loc["a.jpg"]
    assert row.name == "a.jpg"
    assert (row["table_table_path"], row["table_path"], row["table_cluster"]) == ("1", "2", "3")
    assert (row["table_error"], row["error"]) == ("4", None)
    assert coins.columns.is_unique


def test_every_column_of_ours_is_kept_for_us():
    names = sorted(OURS)
    coins, _ = joined(["a.jpg"], f"file,{','.join(names)}\na.jpg,{','.join('x' for _ in names)}\n")
    assert all(coins[f"table_{name}"].tolist() == ["x"] for name in names)
