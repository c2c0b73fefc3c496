import pytest
import torch

from coin_xai.errors import OptionError
from coin_xai.optimisation.precision import computing_in

CPU = torch.device("cpu")


def test_single_precision_changes_nothing():
    with computing_in("float32", CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_mixed_precision_on_a_processor_is_refused():
    with pytest.raises(OptionError, match="needs a GPU"):
        computing_in("mixed", CPU)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_mixed_precision_on_a_gpu_multiplies_in_bfloat16():
    with computing_in("mixed", torch.device("cuda")):
        assert (torch.ones(2, 2, device="cuda") @ torch.ones(2, 2, device="cuda")).dtype == torch.bfloat16
