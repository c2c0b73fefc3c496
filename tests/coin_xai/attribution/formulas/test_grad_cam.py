import pytest
import torch

from coin_xai.attribution.formulas.grad_cam import guided_grad_cam, normalised_map, signed_cam


def test_signed_cam_by_hand():
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])
    assert signed_cam(maps, torch.tensor([[2.0, -1.0]])).tolist() == [[[-1.0, 5.0]]]


def test_the_map_is_rectified_then_enlarged_then_stretched():
    cam = torch.tensor([[[-4.0, 0.0], [2.0, 8.0]]])
    # Rectified first, so the -4 pulls nothing down. Half-pixel centres: 1/4 and 3/4 between neighbours.
    steps = torch.tensor([0.0, 0.25, 0.75, 1.0])
    lower = 2 + 6 * steps
    expected = steps[:, None] * lower / 8
    torch.testing.assert_close(normalised_map(cam, size=(4, 4))[0], expected)


def test_each_coin_is_stretched_by_itself():
    cam = torch.rand(3, 5, 5) * torch.tensor([1e-6, 1.0, 1e6])[:, None, None]
    heat = normalised_map(cam, size=(20, 30))
    assert heat.shape == (3, 20, 30)
    assert heat.amin(dim=(1, 2)).tolist() == [0.0] * 3
    assert heat.amax(dim=(1, 2)).tolist() == [1.0] * 3


@pytest.mark.parametrize(("value", "heat"), [(0.0, 0.0), (-3.0, 0.0), (2.0, 1.0)])
def test_a_flat_map_is_all_cold_or_all_hot_and_never_nan(value, heat):
    found = normalised_map(torch.full((1, 3, 3), value), size=(6, 6))
    assert torch.equal(found, torch.full((1, 6, 6), heat))


def test_guided_grad_cam_is_the_product_for_one_and_for_three_channels():
    cam = torch.randn(2, 4, 4)
    guided = torch.randn(2, 3, 12, 12)
    heat = normalised_map(cam, size=(12, 12))
    product = guided_grad_cam(guided, cam)
    for channel in range(3):
        assert torch.equal(product[:, channel], guided[:, channel] * heat)
        assert torch.equal(guided_grad_cam(guided[:, channel], cam), product[:, channel])
