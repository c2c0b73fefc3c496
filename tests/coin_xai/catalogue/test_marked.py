import logging

import pandas as pd
import pytest

from coin_xai.catalogue import catalogue
from coin_xai.catalogue.marked import MarkedArea, read_marked
from coin_xai.errors import CatalogueError

COINS = catalogue(["a/BN_1_R.jpg", "a/BN_2_R.jpg", "b/coin.jpg", "c/coin.jpg", "c/broken.jpg"]).assign(
    width=pd.Series(200, index=range(5), dtype="Int64"), height=pd.Series(100, index=range(5), dtype="Int64")
)
COINS.loc[COINS["path"] == "c/broken.jpg", ["width", "height", "error"]] = [None, None, "it cannot be read"]
HEADER = "file,part,left,top,right,bottom,mask"


def read(*rows, header=HEADER, **how):
    return read_marked("\n".join([header, *rows]).encode(), COINS, name="parts.csv", **how)


def refusal(*rows, **how):
    with pytest.raises(CatalogueError) as caught:
        read(*rows, **how)
    return str(caught.value)


def test_every_row_is_an_area_of_a_coin_of_the_run():
    found = read("a/BN_1_R.jpg,cross,10,20.5,200,100,", "c/coin.jpg,legend,,,,,masks/c.png")
    assert found == [
        MarkedArea(2, "BN_1_R", "cross", (10, 20.5, 200, 100), None),
        MarkedArea(3, "c/coin", "legend", None, "masks/c.png"),
    ]


def test_coins_are_known_by_file_by_path_or_by_their_id():
    box = "cross,0,0,5,5"
    for column, value in [("path", "/elsewhere/a/BN_1_R.JPG"), ("coin_id", "BN_1_R"), ("coin_id", "BN 1")]:
        found = read(f"{value},{box}", header=f"{column},part,left,top,right,bottom")
        assert [area.coin_id for area in found] == ["BN_1_R"]


def test_several_rows_may_mark_one_part():
    found = read("BN_1_R.jpg,cross,0,0,5,5,", "BN_1_R.jpg,cross,5,5,9,9,", "BN_1_R.jpg,legend,0,0,5,5,")
    assert [area.part for area in found] == ["cross", "cross", "legend"]


@pytest.mark.parametrize("word", ["canton 3", "Canton_3", "  CANTON   3 "])
def test_a_part_has_one_name_however_it_is_written(word):
    assert read(f"BN_1_R.jpg,{word},0,0,5,5,")[0].part == "canton 3"


def test_a_table_has_boxes_or_masks_or_both():
    assert read("BN_1_R.jpg,cross,m.png", header="file,part,mask")[0].mask == "m.png"
    assert read("BN_1_R.jpg,cross,0,0,5,5", header="file,part,left,top,right,bottom")[0].mask is None
    both = read("BN_1_R.jpg,cross,0,0,5,5,m.png")[0]
    assert (both.box, both.mask) == ((0, 0, 5, 5), "m.png")


GOOD = "BN_1_R.jpg,cross,0,0,5,5,"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            "gone.jpg,cross,0,0,5,5,",
            "row 3 of parts.csv, column file: 'gone.jpg' is no photograph of the run",
        ),
        (",cross,0,0,5,5,", "row 3 of parts.csv, column file: is empty"),
        ("coin.jpg,cross,0,0,5,5,", "column file: 'coin.jpg' fits several photographs (b/coin, c/coin)"),
        ("BN_2_R.jpg,,0,0,5,5,", "row 3 of parts.csv, column part: is empty"),
        ("BN_2_R.jpg,a|b,0,0,5,5,", "column part: 'a|b' is no name of a part"),
        (f"BN_2_R.jpg,{'x' * 61},0,0,5,5,", "is no name of a part; take words of at most 60 signs"),
        ('BN_2_R.jpg,"a\nb",0,0,5,5,', "is no name of a part"),
        ("BN_2_R.jpg,Blur,0,0,5,5,", "column part: `blur` means something else"),
        (
            "BN_2_R.jpg,cross,0,0,201,5,",
            "column right: 201 lies outside of the photograph a/BN_2_R.jpg, which",
        ),
        ("BN_2_R.jpg,cross,0,0,5,101,", "column bottom: 101 lies outside of the photograph a/BN_2_R.jpg"),
        ("BN_2_R.jpg,cross,-1,0,5,5,", "column left: -1 lies outside of the photograph a/BN_2_R.jpg"),
        ("BN_2_R.jpg,cross,5,0,5,5,", "columns left and right: the box is empty"),
        ("BN_2_R.jpg,cross,0,9,5,3,", "columns top and bottom: the box is empty"),
        ("BN_2_R.jpg,cross,0,,5,3,", "row 3 of parts.csv, column top: is empty"),
        ('BN_2_R.jpg,cross,0,"1,5",5,3,', "column top: '1,5' is no number; give pixels, such as"),
        ("BN_2_R.jpg,cross,0,nan,5,3,", "column top: 'nan' is no number"),
        ("BN_2_R.jpg,cross,0,inf,5,3,", "column top: 'inf' is no number"),
        ("BN_2_R.jpg,cross,0,٣,5,9,", "column top: '٣' is no number"),
        ("BN_2_R.jpg,cross,,,,,", "row 3 of parts.csv marks nothing"),
    ],
)
def test_a_row_that_is_not_as_it_should_be_is_named(row, words):
    assert words in refusal(GOOD, row, reserved={"blur"})


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            "coin,part,left,top,right,bottom,mask",
            "no column file or coin_id to know photographs by; it has: coin",
        ),
        ("file,name,left,top,right,bottom,mask", "parts.csv has no column part, which names what is marked"),
        ("file,part,left,top,right,under,mask", "parts.csv has no column bottom; a box has left, top"),
        ("file,part,a,b,c,d,e", "no column left, top, right, bottom, and no column mask instead"),
    ],
)
def test_a_column_that_is_missing_is_named(header, words):
    assert words in refusal(GOOD, header=header)


def test_a_table_of_other_coins_is_refused():
    assert "has no coin of the run in it: the column file says 'x.jpg'" in refusal("x.jpg,cross,0,0,5,5,")


def test_both_sides_of_a_coin_are_not_meant_by_one_area():
    coins = catalogue(["BN_1_R.jpg", "BN_1_A.jpg"]).assign(width=9, height=9)
    with pytest.raises(CatalogueError, match="fits several photographs"):
        read_marked(b"coin_id,part,left,top,right,bottom\nBN_1,cross,0,0,5,5", coins, name="parts.csv")


def test_a_cell_neither_breaks_nor_floods_a_message():
    said = refusal(GOOD, f'"{"y" * 900}\x1b[2J\n.jpg",cross,0,0,5,5,')
    assert len(said) < 300
    assert said == said.replace("\n", "").replace("\x1b", "")


def test_rows_of_photographs_that_cannot_be_read_are_counted_and_left_out(caplog):
    with caplog.at_level(logging.WARNING):
        assert [area.coin_id for area in read(GOOD, "broken.jpg,cross,0,0,5,5,")] == ["BN_1_R"]
    assert "1 row of parts.csv of photographs that cannot be read" in caplog.text
    assert "marks parts of no coin of the run that can be read" in refusal("broken.jpg,cross,0,0,5,5,")
