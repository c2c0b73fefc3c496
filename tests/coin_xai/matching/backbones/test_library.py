import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F
from torchvision import models

from coin_xai.errors import OptionError
from coin_xai.matching.backbones.library import load_from_library
from tests.library_weights import keep_weights

CPU = torch.device("cpu")
TIMM = Path(sys.prefix) / "timm"
"""Where `make` has put timm, beside the environment of most tests."""


@pytest.fixture
def timm(monkeypatch):
    """Find timm, as long as the test wants it."""
    assert (TIMM / "timm").is_dir(), f"no timm in {TIMM}: run make, which puts it there"
    monkeypatch.syspath_prepend(TIMM)
    import timm

    return timm


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Let nothing be fetched, and nothing be found that was fetched before; return where it would be kept."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("TORCH_HOME", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path / "hub/checkpoints"


def pictures(side_px):
    return torch.rand(2, 3, side_px, side_px, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "up_to", "channels"),
    [("resnet18", "layer3", 256), ("mobilenet_v3_small", 8, 48), ("squeezenet1_1", None, 512)],
)
def test_a_network_of_torchvision_is_taken_up_to_a_sixteenth(tmp_path, monkeypatch, name, up_to, channels):
    network = keep_weights(name, tmp_path, monkeypatch)
    found = load_from_library("torchvision", name, device=CPU)
    assert found.side_px == 256
    with torch.inference_mode():
        maps = found.network(pictures(256))
        if up_to == "layer3":
            stem = network.maxpool(network.relu(network.bn1(network.conv1(pictures(256)))))
            expected = network.layer3(network.layer2(network.layer1(stem)))
        else:
            expected = network.features[: None if up_to is None else up_to + 1](pictures(256))
    assert maps.shape == (2, channels, 16, 16)
    if expected.shape[2:] != (16, 16):  # of a network that loses places at the rim
        expected = F.interpolate(expected, (16, 16), mode="bilinear")
    # Sums in another order: the layout of memory is another one.
    torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-4)


def test_channels_that_come_last_are_put_first(tmp_path, monkeypatch):
    network = keep_weights("swin_t", tmp_path, monkeypatch)
    found = load_from_library("torchvision", "swin_t", device=CPU)
    with torch.inference_mode():
        maps, expected = found.network(pictures(256)), network.features[:6](pictures(256))
    torch.testing.assert_close(maps, expected.permute(0, 3, 1, 2), rtol=1e-4, atol=1e-4)


def test_networks_of_one_name_are_told_apart_by_their_weights(tmp_path, monkeypatch):
    hashes = []
    for seed in (1, 2, 1):
        keep_weights("mobilenet_v3_small", tmp_path, monkeypatch, seed=seed)
        hashes.append(load_from_library("torchvision", "mobilenet_v3_small", device=CPU).sha256)
    assert hashes[0] == hashes[2] != hashes[1]


def test_it_is_said_where_to_put_weights_that_cannot_be_fetched(offline):
    file = offline / models.MobileNet_V3_Small_Weights.DEFAULT.url.rpartition("/")[2]
    with pytest.raises(OptionError, match=r"cannot be had from https://.* put the file at ") as error:
        load_from_library("torchvision", "mobilenet_v3_small", device=CPU)
    assert str(error.value).endswith(str(file))


class Hostile:
    def __reduce__(self):
        return print, ("run",)


def test_no_code_in_a_file_of_weights_is_run(offline, capsys):
    file = offline / models.MobileNet_V3_Small_Weights.DEFAULT.url.rpartition("/")[2]
    file.parent.mkdir(parents=True)
    torch.save({"features.0.0.weight": Hostile()}, file)
    with pytest.raises(OptionError, match="cannot be had"):
        load_from_library("torchvision", "mobilenet_v3_small", device=CPU)
    assert capsys.readouterr().out == ""


def test_a_network_that_takes_one_size_only_is_refused_before_anything_is_fetched():
    with pytest.raises(OptionError, match=r"vit_b_16 does not take pictures of 256 x 256 .* or one of timm"):
        load_from_library("torchvision", "vit_b_16", device=CPU)


@pytest.mark.parametrize(
    ("name", "side_px", "channels"), [("resnet18", 256, 256), ("vit_tiny_patch16_224", 256, 192)]
)
def test_a_network_of_timm_is_taken_up_to_a_sixteenth(timm, offline, name, side_px, channels):
    network = timm.create_model(name).eval()
    offline.mkdir(parents=True)
    torch.save(network.state_dict(), offline / f"timm-{name}.pth")
    found = load_from_library("timm", name, device=CPU)
    assert found.side_px == side_px
    with torch.inference_mode():
        maps = found.network(pictures(side_px))
        if name == "resnet18":
            stem = network.maxpool(network.act1(network.bn1(network.conv1(pictures(side_px)))))
            expected = network.layer3(network.layer2(network.layer1(stem)))
            torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-4)
    assert maps.shape == (2, channels, 16, 16)


def test_dinov2_sees_squares_of_fourteen_pixels(timm, offline):
    network = timm.create_model("vit_small_patch14_dinov2")
    offline.mkdir(parents=True)
    torch.save(network.state_dict(), offline / "timm-vit_small_patch14_dinov2.pth")
    found = load_from_library("timm", "vit_small_patch14_dinov2", device=CPU)
    with torch.inference_mode():
        assert found.network(pictures(found.side_px)).shape == (2, 384, 16, 16)
    assert found.side_px == 14 * 16


@pytest.mark.usefixtures("timm")
def test_no_code_in_a_file_for_timm_is_run(offline, capsys):
    offline.mkdir(parents=True)
    torch.save({"conv1.weight": Hostile()}, offline / "timm-resnet18.pth")
    with pytest.raises(OptionError, match="cannot be had"):
        load_from_library("timm", "resnet18", device=CPU)
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("timm")
def test_what_cannot_be_had_of_timm_is_said(offline):
    with pytest.raises(OptionError, match="put the file at ") as error:
        load_from_library("timm", "resnet18", device=CPU)
    assert str(error.value).endswith(str(offline / "timm-resnet18.safetensors"))
    with pytest.raises(OptionError, match="timm has no network resnet81; it has resnet18"):
        load_from_library("timm", "resnet81", device=CPU)
    with pytest.raises(OptionError, match="mixer_s32_224 has no maps that are a sixteenth"):
        load_from_library("timm", "mixer_s32_224", device=CPU)


def test_without_timm_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    with pytest.raises(OptionError, match=r"needs the package timm, .* pip install timm"):
        load_from_library("timm", "resnet18", device=CPU)
