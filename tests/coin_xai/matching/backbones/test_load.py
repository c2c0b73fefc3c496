import pytest
import torch
from torchvision import models

from coin_xai.errors import OptionError
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.backbones.pretrained import SHA256, load_network
from tests.library_weights import keep_weights

CPU = torch.device("cpu")


@pytest.mark.usefixtures("pretrained")
def test_the_network_that_learns_lacks_the_block_that_it_learns():
    whole, to_learn = load_backbone("pretrained", CPU), load_backbone("tuned", CPU)
    assert whole.network is load_network(CPU)
    assert [*to_learn.network, load_network(CPU)[-1]] == [*whole.network]
    assert whole.sha256 == to_learn.sha256 == SHA256


def test_a_network_goes_by_the_name_that_its_library_gives_it(tmp_path, monkeypatch):
    keep_weights("mobilenet_v3_small", tmp_path, monkeypatch)
    assert load_backbone("torchvision:mobilenet_v3_small", CPU).mean == tuple(
        models.MobileNet_V3_Small_Weights.DEFAULT.transforms().mean
    )
    with pytest.raises(OptionError, match="torchvision has no network mobilenet_v3_tiny; it has mobilenet_v"):
        load_backbone("torchvision:mobilenet_v3_tiny", CPU)
