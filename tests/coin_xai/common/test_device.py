import numpy as np
import pytest
import torch

from coin_xai.common.device import best_device, fetched, moved

SOME = np.arange(6, dtype=np.uint8).reshape(2, 3)


def test_on_a_processor_nothing_is_copied():
    there = moved(SOME, torch.device("cpu"))
    assert there.data_ptr() == SOME.ctypes.data
    (back,) = fetched({"some": there}).values()
    assert np.shares_memory(back, SOME)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_what_goes_to_a_gpu_comes_back_as_it_was():
    there = moved(SOME, best_device())
    assert there.is_cuda
    found = fetched({"some": there, "doubled": there.double() * 2})
    np.testing.assert_array_equal(found["some"], SOME)
    np.testing.assert_array_equal(found["doubled"], SOME * 2)
