import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from coin_xai.mint import Issue, Truth
from coin_xai.mint.plan import plan_coin
from coin_xai.mint.truth import tell

ISSUE = Issue(types=12, collections=3)
PLANS = [plan_coin(ISSUE, number) for number in range(1, 81)]
TABLE = pd.DataFrame([tell(plan).row() for plan in PLANS])


def test_every_field_is_a_column_and_none_is_missing():
    assert list(TABLE.columns) == [field.name for field in dataclasses.fields(Truth)]
    assert not TABLE.isna().any().any()
    for row in TABLE.to_dict("records"):
        assert all(math.isfinite(value) for value in row.values() if isinstance(value, float))
    assert all(type(value) in (str, int, float, bool) for value in tell(PLANS[0]).row().values())


def test_names_are_those_of_museums():
    assert TABLE.coin_id.is_unique
    assert TABLE.coin_id.str.fullmatch(r"M[ABC]_\d{4}_R").all()
    assert (TABLE.file == TABLE.coin_id + ".jpg").all()


def test_a_type_fixes_its_cantons_and_nothing_else():
    per_type = TABLE.groupby("type")
    fixed = ["canton_1", "canton_2", "canton_3", "canton_4", "border", "bar_width_horizontal"]
    assert (per_type[fixed].nunique() == 1).all().all()
    assert per_type.wear.nunique().max() > 3


def test_shares_lie_between_0_and_1_and_empty_cantons_show_no_symbol():
    shares = TABLE.filter(regex="_visible$|completeness")
    assert shares.min().min() >= 0
    assert shares.max().max() <= 1
    for canton in (1, 2, 3, 4):
        empty = TABLE[f"canton_{canton}"] == ""
        assert (TABLE.loc[empty, f"symbol_{canton}_visible"] == 0).all()
        assert TABLE.loc[~empty, f"symbol_{canton}_visible"].mean() > 0.7
    assert (TABLE.symbols == (TABLE.filter(regex=r"^canton_\d$") != "").sum(axis=1)).all()
    assert TABLE.completeness.std() > 0.02  # most designs are cut somewhere, few by much
    assert 0.7 < TABLE.completeness.mean() < 0.99


def test_a_small_die_is_complete_and_a_shifted_one_loses_the_cantons_on_its_side():
    plan = PLANS[0]
    flan = dataclasses.replace(plan.flan, die_ratio=0.6, die_offset=(0.0, 0.0), rotation_deg=0.0)
    assert tell(dataclasses.replace(plan, flan=flan)).completeness == pytest.approx(1)
    shifted = tell(
        dataclasses.replace(plan, flan=dataclasses.replace(flan, die_ratio=1.1, die_offset=(0.5, 0.5)))
    )
    assert shifted.canton_4_visible < 0.5 < shifted.canton_1_visible


def test_wear_is_spread_over_its_range():
    np.testing.assert_allclose(TABLE.wear.quantile([0.25, 0.5, 0.75]), [0.21, 0.425, 0.64], atol=0.12)
