import pytest
import torch

from coin_xai.optimisation.ranks import ALONE, END, Ranks


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("n_rows", [0, 1, 2, 7, 64])
def test_parts_hold_every_row_once_in_order_and_differ_by_one_row_at_most(count, n_rows):
    parts = [list(range(n_rows))[Ranks(rank, count).part(n_rows)] for rank in range(count)]
    assert [row for part in parts for row in part] == list(range(n_rows))
    lengths = [len(part) for part in parts]
    assert max(lengths) - min(lengths) <= 1


def test_alone_nothing_happens():
    assert ALONE.alone
    tensor = torch.arange(3.0)
    ALONE.sum(tensor)
    ALONE.from_first(tensor)
    ALONE.tell(END)
    assert tensor.tolist() == [0.0, 1.0, 2.0]
