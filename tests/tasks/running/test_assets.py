import pytest

from tasks.running.assets import checkpoint_asset, explanation_asset, page_asset, photographs_asset, run_asset

NAMES = [
    "celtic-k26",
    "a b",
    "a=20b",
    "a#1?",
    "50%",
    "Münzen",
    "[x]|{y}",
    "a/b",
    "'\"`^\\<>&",
    "x" * 255,
    "é" * 127,
]


def test_each_thing_has_a_key_under_its_kind():
    assert photographs_asset("12ab", folder="coins").key == "coinxai://photographs/12ab"
    assert run_asset("celtic-k26").key == "coinxai://runs/celtic-k26"
    assert checkpoint_asset("celtic", 20).key == "coinxai://checkpoints/celtic/20"
    assert explanation_asset("celtic", "34cd").key == "coinxai://explanations/celtic/34cd"
    assert page_asset("a b").key == "coinxai://pages/a=20b"


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_a_run_has_a_key_and_keeps_its_name_for_people(name):
    asset = checkpoint_asset(name, 100_000)
    assert asset.key.count("/") == 4
    assert run_asset(name).properties.name == name


def test_no_two_names_have_the_same_key():
    long = ["é" * 126 + end for end in ("ab", "cd")]
    assert len({run_asset(name).key for name in (*NAMES, *long)}) == len(NAMES) + 2
