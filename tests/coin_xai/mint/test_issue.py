import dataclasses

import pytest

from coin_xai.errors import OptionError
from coin_xai.mint import Issue


@pytest.mark.parametrize(
    ("name", "value", "maximum"),
    [
        ("coins", 0, 1_000_000),
        ("types", 1001, 1000),
        ("seed", -1, 2**63 - 1),
        ("size_px", 64, 1024),
        ("collections", 5, 4),
        ("dies_per_type", 0, 99),
        ("wear_lowest", -0.1, 1),
        ("wear_highest", 1.5, 1),
        ("rotation_spread_deg", 181, 180),
        ("confounding", 1.01, 1),
    ],
)
def test_a_value_out_of_bounds_is_named_with_its_maximum(name, value, maximum):
    with pytest.raises(OptionError, match=f"{name}={value}: .* to {maximum}$"):
        Issue(**{name: value})


def test_wear_range_must_not_be_reversed():
    with pytest.raises(OptionError, match=r"wear_highest=0.2: choose a value from 0.5"):
        Issue(wear_lowest=0.5, wear_highest=0.2)


def test_defaults_are_valid_and_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Issue().coins = 3
