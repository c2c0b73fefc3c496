from unicodedata import normalize

import pytest

from coin_xai.catalogue.sides import side_of


@pytest.mark.parametrize("word", ["R", "r", "rev", "Revers", "REVERSE", "Rückseite", "RÜCKSEITE"])
def test_words_for_the_reverse(word):
    assert side_of(word) == "reverse"


@pytest.mark.parametrize("word", ["A", "D", "o", "obv", "avers", "droit", "Obverse", "VORDERSEITE"])
def test_words_for_the_obverse(word):
    assert side_of(word) == "obverse"


def test_decomposed_letters_are_the_same_letters():
    assert side_of(normalize("NFD", "Rückseite")) == "reverse"


@pytest.mark.parametrize("word", ["", "edge", "V", "Rücken"])
def test_other_words_are_no_side(word):
    assert side_of(word) is None
