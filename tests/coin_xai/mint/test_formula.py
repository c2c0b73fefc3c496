import pytest

from coin_xai.errors import OptionError
from coin_xai.mint.formula import BORDERS, MAXIMUM_TYPES, coin_types
from coin_xai.mint.symbols import SYMBOLS


@pytest.mark.parametrize("count", [1, 25, MAXIMUM_TYPES])
def test_all_types_are_distinct(count):
    types = coin_types(0, count)
    assert len({coin_type.cantons for coin_type in types}) == count
    assert len({coin_type.name for coin_type in types}) == count


def test_fewer_types_are_the_beginning_of_more():
    few, many = coin_types(3, 7), coin_types(3, 40)
    assert few == many[:7]


def test_another_seed_makes_other_types():
    assert coin_types(0, 10) != coin_types(1, 10)


def test_types_speak_the_known_words():
    for coin_type in coin_types(0, 200):
        assert any(coin_type.cantons)
        assert set(coin_type.cantons) <= {"", *SYMBOLS}
        assert coin_type.border in BORDERS
        assert 0.09 <= coin_type.bar_width_horizontal <= 0.19
        assert 0.09 <= coin_type.bar_width_vertical <= 0.19


def test_axe_is_common_in_canton_3_and_richness_varies():
    types = coin_types(0, 400)
    axes = [sum(t.cantons[canton] == "axe" for t in types) for canton in range(4)]
    assert axes[2] > 3 * max(axes[0], axes[1], axes[3])
    assert 0.3 < axes[2] / 400 < 0.6
    assert {sum(map(bool, t.cantons)) for t in types} == {1, 2, 3, 4}


@pytest.mark.parametrize("count", [0, MAXIMUM_TYPES + 1])
def test_too_many_types_are_refused_by_name_value_and_maximum(count):
    with pytest.raises(OptionError, match=rf"types={count}.*{MAXIMUM_TYPES}"):
        coin_types(0, count)
