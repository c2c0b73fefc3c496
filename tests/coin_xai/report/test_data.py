import base64
import json

import numpy as np
import pandas as pd
import pytest

from coin_xai.report.data import base64_of, bytes_of, call, column, content_of, heat, script


def read(source):
    """Return the name and the value of a script's constant."""
    head, _, text = source.decode().partition("const ")[2].partition(" = ")
    return head, json.loads(text.rstrip().removesuffix(";"))


def test_a_script_holds_plain_values():
    content = {"a": np.array([1.0, np.nan, np.inf]), 7: np.int64(3), "flag": np.True_, "none": None}
    assert read(script("PAGE", content)) == (
        "PAGE",
        {"a": [1, None, None], "7": 3, "flag": True, "none": None},
    )


def test_numbers_are_short_but_whole_ones_exact():
    assert read(script("X", [0.123456789, 1234567.0, 123456789])) == ("X", [0.12346, 1234567, 123456789])


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--", "\u2028", "a & b"])
def test_no_text_can_end_the_script(text):
    source = script("X", text)
    assert not set(source.decode()) & set("<>&\u2028")
    assert read(source) == ("X", text)


def test_what_was_written_as_a_script_is_read_back():
    content = {"name": "</script> & ü \ud800", "values": [1, 0.5, None, True]}
    assert content_of(script("PAGE", content), "PAGE") == content
    for other in (script("HEAT", content), script("PAGE", content)[:-2], call("PAGE", content)):
        with pytest.raises(ValueError, match="no script of PAGE"):
            content_of(other, "PAGE")


def test_a_call_gives_the_same_to_a_function():
    source = call("keep", {"text": "</script>", "number": np.nan}).decode()
    assert source == '"use strict";\nkeep({"text":"\\u003c/script\\u003e","number":null});\n'


def test_bytes_are_read_back():
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(bytes_of(base64_of(values)), values)


def test_half_a_sign_can_be_written():
    assert read(script("X", "a\ud800b")) == ("X", "a\ud800b")


def test_texts_are_written_once_and_missing_ones_are_none():
    found = column(pd.Series(["silver", None, "bronze", "silver"], name="metal"), group="table")
    assert found == {
        "name": "metal",
        "group": "table",
        "kind": "text",
        "texts": ["bronze", "silver"],
        "codes": [1, -1, 0, 1],
        "numeric": False,
    }


@pytest.mark.parametrize(
    ("texts", "numeric"),
    [(["3", "-2.5", "0"], True), (["0012", "7"], False), (["1e5"], False), ([None], False)],
)
def test_texts_are_numbers_where_all_of_them_are_written_like_numbers(texts, numeric):
    assert column(pd.Series(texts, name="x", dtype=object), group="table")["numeric"] is numeric


def test_numbers_and_flags_keep_their_kind():
    numbers = column(pd.Series(pd.array([1, None], dtype="Int64"), name="x"), group="result")
    assert numbers["kind"] == "number"
    assert np.array_equal(numbers["numbers"], [1, np.nan], equal_nan=True)
    assert column(pd.Series([True, False], name="x"), group="result")["numbers"] == [1, 0]


def test_heat_is_the_positive_part_in_steps_of_its_own_maximum():
    found = heat(np.array([[[-1.0, 2.0], [4.0, 0.0]], [[-1.0, -2.0], [-3.0, 0.0]]]))
    assert found["grid"] == [2, 2]
    assert found["maximum"].tolist() == [4, 0]
    assert list(base64.b64decode(found["steps"])) == [0, 128, 255, 0, 0, 0, 0, 0]


def test_the_smallest_heat_keeps_its_places():
    tiny = heat(np.array([[[1e-30, 0.0]]]))
    assert list(base64.b64decode(tiny["steps"])) == [255, 0]
