import pytest
import torch

from coin_xai.attribution.engines.exact_arithmetic import exact_arithmetic


@pytest.fixture
def shortened():
    matmul, convolution = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("medium")
    torch.backends.cudnn.allow_tf32 = True
    yield
    torch.set_float32_matmul_precision(matmul)
    torch.backends.cudnn.allow_tf32 = convolution


def flags():
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32


@pytest.mark.usefixtures("shortened")
def test_mantissas_are_whole_inside_and_as_before_outside():
    with exact_arithmetic():
        assert flags() == ("highest", False)
    assert flags() == ("medium", True)


@pytest.mark.usefixtures("shortened")
def test_flags_are_restored_after_an_exception():
    with pytest.raises(KeyError), exact_arithmetic():
        raise KeyError
    assert flags() == ("medium", True)
