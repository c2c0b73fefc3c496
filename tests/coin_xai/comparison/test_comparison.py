import numpy as np

from coin_xai.comparison.comparison import compare
from coin_xai.comparison.cores import ALONE


def test_every_part_is_about_the_same_partitions():
    rng = np.random.default_rng(1)
    fine = rng.integers(8, size=120)
    found = compare([fine, fine // 2, (fine + 3) % 8], rng)
    assert found.ami[0, 2] == 1 > found.ami[0, 1] > 0
    assert found.order[1] != 1
    assert found.tree == [1, 0]
    assert [len(own) for own in found.families] == [8, 4, 8]
    assert (found.cores.core != ALONE).all()
    assert len(found.cores.table) == 8
    assert found.company.min() > 0.3 > found.company_by_chance
