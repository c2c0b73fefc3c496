import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.layout import LONGEST_STEM, file_stem

HOSTILE = [
    "../../etc/passwd",
    "/absolute",
    "..",
    "-rf",
    "a\x00b",
    "a\nb",
    "CON",
    "🪙",
    "x" * 300,
    "a/b",
    "a=2Fb",
    "",
]


@pytest.mark.parametrize("coin_id", ["BN_3023_R", "CATII-H-31484A", "Münze 12", "1.5", "монета"])
def test_ordinary_names_stay_readable(coin_id):
    assert file_stem(coin_id) == coin_id


@pytest.mark.parametrize(
    ("coin_id", "stem"),
    [
        ("hoard/BN_1_R", "hoard=2FBN_1_R"),
        ("..", "=2E=2E"),
        ("-rf", "=2Drf"),
        ("a=b", "a=3Db"),
        ("a\nb", "a=0Ab"),
    ],
)
def test_signs_with_a_meaning_are_written_as_bytes(coin_id, stem):
    assert file_stem(coin_id) == stem


@given(st.text(min_size=1, max_size=400))
@example("x" * 400)
@example("é" * 200)
def test_any_name_gives_a_plain_short_file_name(coin_id):
    stem = file_stem(coin_id)
    assert len(stem.encode()) <= LONGEST_STEM
    assert not re.search(r"[/\\\x00-\x1f]", stem)
    assert not stem.startswith(("-", ".", " "))


@given(st.lists(st.one_of(st.text(max_size=200), st.sampled_from(HOSTILE)), unique=True, max_size=30))
def test_different_coins_never_share_a_name(coin_ids):
    assert len({file_stem(coin_id) for coin_id in coin_ids}) == len(coin_ids)
