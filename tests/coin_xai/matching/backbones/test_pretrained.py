import pytest
import torch

from coin_xai.errors import OptionError
from coin_xai.matching.backbones import pretrained as module
from coin_xai.matching.backbones.pretrained import load_network

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("pretrained")


def test_other_weights_under_the_same_name_are_refused(monkeypatch):
    monkeypatch.setattr(module, "SHA256", "0" * 64)
    load_network.cache_clear()
    with pytest.raises(OptionError, match=r"\.pth holds other weights .* install"):
        load_network(CPU)
    load_network.cache_clear()
