import numpy as np
import torch

from coin_xai.attribution.formulas.grad_cam import guided_grad_cam, signed_cam
from coin_xai.attribution.formulas.heat import heat


def test_signed_cam_by_hand():
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])
    assert signed_cam(maps, torch.tensor([[2.0, -1.0]])).tolist() == [[[-1.0, 5.0]]]


def test_guided_grad_cam_is_the_product_for_one_and_for_three_channels():
    generator = np.random.default_rng(3)
    cam, guided = generator.normal(size=(4, 4)), generator.normal(size=(3, 12, 12))
    product = guided_grad_cam(guided, cam)
    for channel in range(3):
        np.testing.assert_array_equal(product[channel], guided[channel] * heat(cam, (12, 12)))
        np.testing.assert_array_equal(guided_grad_cam(guided[channel], cam), product[channel])
