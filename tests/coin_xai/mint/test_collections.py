import dataclasses

import numpy as np
import pytest

from coin_xai.mint.background import BACKGROUNDS
from coin_xai.mint.collections import COLLECTIONS, draw_background


def test_codes_are_distinct():
    assert len({collection.code for collection in COLLECTIONS}) == len(COLLECTIONS) == 4


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.code)
def test_habits_are_within_reason(collection):
    assert set(collection.backgrounds) <= set(BACKGROUNDS)
    assert sum(collection.backgrounds.values()) == pytest.approx(1)
    assert 0.7 <= collection.fill[0] <= collection.fill[1] <= 0.95
    ranges = {field.name: getattr(collection, field.name) for field in dataclasses.fields(collection)}
    for name in ("elevation_deg", "softness", "blur_px", "noise", "exposure", "contrast", "warmth"):
        assert ranges[name][0] < ranges[name][1], name


def test_backgrounds_are_used_as_often_as_told():
    collection = COLLECTIONS[2]
    generator = np.random.default_rng(0)
    drawn = [draw_background(generator, collection) for _ in range(2000)]
    for kind, share in collection.backgrounds.items():
        assert drawn.count(kind) / 2000 == pytest.approx(share, abs=0.04)
