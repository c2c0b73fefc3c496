import torch

from coin_xai.attribution.element_wise_cam import grad_cam_plus_plus, hires_cam, layer_cam

MAPS = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])
GRADIENT = torch.tensor([[[[1.0, -1.0]], [[-2.0, 4.0]]]])


def test_by_hand():
    assert hires_cam(MAPS, GRADIENT).tolist() == [[[-5.0, -2.0]]]
    assert layer_cam(MAPS, GRADIENT).tolist() == [[[1.0, 0.0]]]
    # Both maps sum to 3: weights 1 / (2 + 3 x 1) and 4 / (2 + 3 x 4).
    expected = [1 / 5 + 3 * 4 / 14, 2 / 5]
    torch.testing.assert_close(grad_cam_plus_plus(MAPS, GRADIENT), torch.tensor([[expected]]))


def test_a_pixel_where_nothing_can_be_divided_by_is_left_out():
    maps = torch.tensor([[[[-2.0, 0.0]]]])  # not rectified: 2 + (-2) x 1 is zero
    found = grad_cam_plus_plus(maps, torch.tensor([[[[1.0, 0.5]]]]))
    assert found.tolist() == [[[-1.0, 0.0]]]  # the other weight is 0.5 / (2 - 2 x 0.5)


def test_for_one_linear_layer_hires_cam_adds_up_to_the_logit():
    maps, weights = torch.rand(3, 4, 5, 5, dtype=torch.float64), torch.randn(4, 5, 5, dtype=torch.float64)
    logit = (maps * weights).sum(dim=(1, 2, 3))
    torch.testing.assert_close(hires_cam(maps, weights.expand_as(maps)).sum(dim=(1, 2)), logit)
