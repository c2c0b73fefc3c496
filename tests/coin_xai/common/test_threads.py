import pytest
import torch

from coin_xai.common.threads import one_thread


def test_one_thread_lasts_as_long_as_the_block_and_no_longer_where_it_fails():
    before = torch.get_num_threads()
    found = []
    with pytest.raises(ZeroDivisionError), one_thread():
        found.append(torch.get_num_threads() / (1 - torch.get_num_threads()))
    assert found == []
    assert torch.get_num_threads() == before
