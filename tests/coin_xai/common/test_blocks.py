import pytest
import torch

from coin_xai.common.blocks import by_blocks


def test_blocks_follow_each_other_and_each_computes_on_one_thread():
    before = torch.get_num_threads()
    found = list(by_blocks(lambda block: (sum(block), torch.get_num_threads()), 10, size=4))
    assert found == [(range(4), (6, 1)), (range(4, 8), (22, 1)), (range(8, 10), (17, 1))]
    assert torch.get_num_threads() == before


def test_an_error_of_the_work_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(by_blocks(lambda block: 1 // block.start, 10, size=4))
