import pytest
import torch

from coin_xai.attribution import Attributor
from coin_xai.attribution.formulas.element_wise_cam import grad_cam_plus_plus, hires_cam, layer_cam
from coin_xai.networks import POOLING, build

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


@pytest.mark.parametrize(("name", "width"), [("alexnet", 1 / 16), ("resnet18", 1 / 4)])
def test_where_only_means_of_maps_count_it_is_grad_cam_and_elsewhere_it_is_not(name, width):
    generator = torch.Generator().manual_seed(3)
    network = build(name, k=4, width=width, generator=generator).double().eval()
    photographs = torch.rand(2, 3, 224, 224, generator=generator, dtype=torch.float64)
    attributor = Attributor(network, layer=network.attribution_layer)
    maps = attributor.attribute(photographs, torch.tensor([0, 3]), methods=["grad_cam", "hires_cam"]).maps
    alike = torch.allclose(maps["grad_cam"], maps["hires_cam"], rtol=1e-9, atol=1e-12)
    assert alike == (name in POOLING)


def test_behind_linear_layers_its_cells_add_up_to_the_logit_but_for_biases():
    generator = torch.Generator().manual_seed(3)
    network = build("alexnet", k=4, width=1 / 16, generator=generator).double().eval()
    photographs = torch.rand(2, 3, 224, 224, generator=generator, dtype=torch.float64)
    for layer in (*network.classifier, network.head):
        if isinstance(layer, torch.nn.Linear):
            layer.weight.data.mul_(10)  # that of a fresh network gives logits of millionths
            layer.bias.data.zero_()
    attributor = Attributor(network, layer=network.attribution_layer)
    maps = attributor.attribute(photographs, torch.tensor([0, 3]), methods=["grad_cam", "hires_cam"]).maps
    logits = network(photographs)[[0, 1], [0, 3]]
    torch.testing.assert_close(maps["hires_cam"].sum(dim=(1, 2)), logits)
    assert not torch.allclose(maps["grad_cam"].sum(dim=(1, 2)), logits, rtol=0.1)
