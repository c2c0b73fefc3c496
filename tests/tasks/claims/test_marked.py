import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.errors import CatalogueError, OptionError
from coin_xai.photographs.square import Square, centre_square_of
from storage.layout import RunLayout
from tasks.claims.marked import RESERVED, divided_by, names_of, read_parts_table, require_file

WIDTH, HEIGHT = 400, 300
SHAPE = (256, 341)
"""Of the same photographs as a run keeps them, whose shorter side is 256."""
WHOLE = centre_square_of(*SHAPE)


@pytest.fixture
def layout(tmp_path):
    """A run of which there is nothing but a table of two coins."""
    layout = RunLayout(tmp_path / "run")
    layout.coins.parent.mkdir(parents=True)
    coins = pd.DataFrame(
        {
            "coin_id": ["a", "b"],
            "path": ["a.jpg", "b.jpg"],
            "collection": None,
            "inventory": None,
            "width": WIDTH,
            "height": HEIGHT,
            "error": None,
        }
    )
    coins.to_parquet(layout.coins, index=False)
    return layout


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts" / "masks").mkdir(parents=True)
    return tmp_path / "parts"


def table(folder, *rows):
    file = folder / "parts.csv"
    file.write_text("\n".join(["file,part,left,top,right,bottom,mask", *rows]))
    return file


def mask(folder, name, *, box, size=(WIDTH, HEIGHT), tone=255, mode="L", **saved):
    left, top, right, bottom = box
    picture = np.zeros(size[::-1], dtype=np.uint8)
    picture[top:bottom, left:right] = tone
    Image.fromarray(picture).convert(mode).save(folder / name, **saved)


def on(marked, coin_id="a", square=WHOLE, size_px=100):
    return marked.on(coin_id, SHAPE, square, size_px=size_px)


def box_of(area):
    """Return left, top, right and bottom of an area, in shares of its side."""
    rows, columns = np.nonzero(area > 0.5)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / len(area)


def test_a_box_lies_where_it_was_marked_in_the_photograph(layout, folder):
    marked = read_parts_table(table(folder, "a.jpg,cross,80,60,290,150,"), layout)
    # The square is as high as the photograph and begins 50 of its 400 pixels from the left.
    assert box_of(on(marked)["cross"]) == pytest.approx([0.1, 0.2, 0.8, 0.5], abs=0.011)
    half = Square(WHOLE.left, 0, WHOLE.side / 2)
    assert box_of(on(marked, square=half)["cross"]) == pytest.approx([0.2, 0.4, 1, 1], abs=0.011)


def test_a_box_turns_as_the_coin_is_turned(layout, folder):
    marked = read_parts_table(table(folder, "a.jpg,cross,80,60,290,150,"), layout)
    # By a quarter turn counter-clockwise what was to the right lies above.
    assert box_of(on(marked, square=WHOLE.turned(90))["cross"]) == pytest.approx(
        [0.2, 0.2, 0.5, 0.9], abs=0.011
    )


def test_rows_of_one_part_are_united_and_others_are_apart(layout, folder):
    rows = ("a.jpg,cross,50,0,200,300,", "a.jpg,cross,150,0,350,30,", "a.jpg,legend,50,0,60,300,")
    areas = on(read_parts_table(table(folder, *rows), layout))
    assert list(areas) == ["cross", "legend"]
    assert areas["cross"].mean() == pytest.approx(0.5 + 0.05, abs=0.005)
    assert areas["cross"].max() <= 1
    assert on(read_parts_table(table(folder, *rows), layout), "b") == {}


@pytest.mark.parametrize(
    ("name", "how"),
    [("m.png", {}), ("m.png", {"mode": "1"}), ("m.png", {"mode": "RGB"}), ("m.jpg", {}), ("m.bmp", {})],
)
def test_what_is_white_on_a_mask_is_the_part(layout, folder, name, how):
    mask(folder, f"masks/{name}", box=(80, 60, 290, 150), **how)
    by_mask = on(read_parts_table(table(folder, f"a.jpg,cross,,,,,masks/{name}"), layout))
    by_box = on(read_parts_table(table(folder, "a.jpg,cross,80,60,290,150,"), layout))
    # Pillow counts pixels whose middle lies inside, so along the edges they differ by parts of a pixel.
    assert np.abs(by_mask["cross"] - by_box["cross"]).max() < 0.15
    both = on(read_parts_table(table(folder, f"a.jpg,cross,80,60,400,100,masks\\{name}"), layout))
    assert box_of(both["cross"]) == pytest.approx([0.1, 0.2, 0.8, 1 / 3], abs=0.011)


def test_a_mask_that_is_stored_lying_counts_as_it_is_upright(layout, folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    mask(folder, "m.png", box=(0, 0, 150, 100), size=(HEIGHT, WIDTH), exif=exif)
    area = on(read_parts_table(table(folder, "a.jpg,cross,,,,,m.png"), layout))["cross"]
    assert box_of(area) == pytest.approx([250 / 300, 0, 1, 0.5], abs=0.011)


def refusal(file, layout):
    with pytest.raises(CatalogueError) as caught:
        on(read_parts_table(file, layout))
    return str(caught.value)


ROW = "row 2 of parts.csv, column mask: "


def test_a_mask_must_be_as_large_as_its_photograph(layout, folder):
    mask(folder, "m.png", box=(0, 0, 9, 9), size=(300, 400))
    said = refusal(table(folder, "a.jpg,cross,,,,,m.png"), layout)
    assert said.startswith(
        f"{ROW}'m.png' is 300 x 400 pixels, and its photograph 400 x 300 when it is upright"
    )


@pytest.mark.parametrize("where", ["../m.png", "/m.png", "masks/../../m.png", "link.png", "C:\\m.png"])
def test_a_mask_may_not_leave_the_folder_of_the_table(layout, folder, where):
    mask(folder.parent, "m.png", box=(0, 0, 9, 9))
    (folder / "link.png").symlink_to(folder.parent / "m.png")
    assert refusal(table(folder, f"a.jpg,cross,,,,,{where}"), layout) == (
        f"{ROW}'{where}' leads out of the folder of the table; put the mask beside the table, and name it "
        "from there"
    )


@pytest.mark.parametrize("where", ["m.png", "masks", "x" * 5000])
def test_a_mask_that_is_not_there_is_named(layout, folder, where):
    said = refusal(table(folder, f"a.jpg,cross,,,,,{where}"), layout)
    assert said.startswith(ROW)
    assert "is no file in the folder of the table; put it there" in said
    assert len(said) < 300


def test_a_mask_that_is_no_picture_is_named(layout, folder):
    (folder / "m.png").write_text("<svg/>")
    assert refusal(table(folder, "a.jpg,cross,,,,,m.png"), layout).startswith(f"{ROW}'m.png' is no JPEG")


@pytest.mark.parametrize(
    ("box", "tone", "words"),
    [
        ((0, 0, 0, 0), 255, "is black everywhere"),
        ((0, 0, WIDTH, HEIGHT), 255, "is white or transparent everywhere"),
        ((0, 0, WIDTH, HEIGHT // 2), 140, "is full of greys"),
    ],
)
def test_a_mask_that_marks_nothing_is_refused(layout, folder, box, tone, words):
    mask(folder, "m.png", box=box, tone=tone)
    assert f"{ROW}'m.png' {words}; make it white on the part" in refusal(
        table(folder, "a.jpg,cross,,,,,m.png"), layout
    )


def test_a_mask_that_changes_meanwhile_is_no_longer_what_was_asked_about(layout, folder):
    mask(folder, "m.png", box=(0, 0, 9, 9))
    marked = read_parts_table(table(folder, "a.jpg,cross,,,,,m.png"), layout)
    mask(folder, "m.png", box=(0, 0, 9, 8))
    with pytest.raises(OptionError, match="has changed since the table was read"):
        on(marked)


def test_a_table_is_known_by_what_it_marks_and_by_nothing_else(layout, folder):
    def digest(*rows):
        return read_parts_table(table(folder, *rows), layout).digest

    mask(folder, "m.png", box=(0, 0, 9, 9))
    rows = ("a.jpg,cross,0,0,5,5,", "b.jpg,Canton 1,,,,,m.png")
    known = digest(*rows)
    assert known == digest("b.jpg,canton_1,,,,,./m.png", "a.jpg,cross,0,0,5.0,5,", "a.jpg,cross,0,0,5,5,")
    larger, other_coin = rows[0].replace("5", "6"), rows[0].replace("a", "b", 1)
    others = {digest(*some) for some in (rows[:1], (larger, rows[1]), (other_coin, rows[1]))}
    mask(folder, "m.png", box=(0, 0, 9, 8))
    others.add(digest(*rows))
    assert len(others | {known}) == 5
    marked = read_parts_table(table(folder, *rows), layout)
    assert divided_by("table", marked, ["a", "b", "c"]) == f"table {marked.digest}"
    assert divided_by("cross", None, ["a"]) == "cross"


def test_the_marks_of_one_coin_are_known_by_themselves(layout, folder):
    def divided(*rows):
        marked = read_parts_table(table(folder, *rows), layout)
        return [divided_by("table", marked, [coin]) for coin in "ab"]

    known = divided("a.jpg,cross,0,0,5,5,", "b.jpg,cross,0,0,5,5,")
    other = divided("a.jpg,cross,0,0,5,5,", "b.jpg,cross,0,0,5,6,")
    assert known[0] == other[0]
    assert len({*known, *other}) == 3


def test_a_table_that_is_not_there_is_refused_by_the_name_of_its_option(layout, folder):
    for ask in (require_file, lambda file: read_parts_table(file, layout)):
        with pytest.raises(OptionError, match=r"gone\.csv is not there \(--parts-table\)"):
            ask(folder / "gone.csv")


@pytest.mark.parametrize("part", sorted(RESERVED))
def test_no_part_is_called_like_another_measurement(layout, folder, part):
    assert f"`{part}` means something else" in refusal(table(folder, f"a.jpg,{part},0,0,5,5,"), layout)


def test_marks_that_lie_beside_their_coins_are_counted(layout, folder):
    rows = ("a.jpg,cross,0,0,5,5,", "a.jpg,cross,5,5,9,9,", "a.jpg,legend,0,0,5,5,", "b.jpg,cross,0,0,5,5,")
    marked = read_parts_table(table(folder, *rows), layout)
    assert marked.not_among({"a": "cross|diagonal|legend", "b": "cross"}) == 0
    assert marked.not_among({"a": "cross|diagonal", "b": "", "c": ""}) == 2


def test_a_coin_whose_parts_are_unknown_has_none_to_name():
    assert names_of(None) == ""
