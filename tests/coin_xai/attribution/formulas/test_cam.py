import pytest
import torch

from coin_xai.attribution.engines.engine import Scores
from coin_xai.attribution.formulas.cam import class_activation_map
from coin_xai.errors import NetworkError

MAPS = torch.rand(2, 3, 4, 4)
WEIGHT = torch.tensor([[1.0, 2.0, -1.0], [0.0, 1.0, 0.0]])


def scores(features, weight=WEIGHT):
    return Scores(logits=features @ weight.T, penultimate=features, head_input=features, head_weight=weight)


def test_maps_are_weighed_by_the_row_of_the_unit():
    found = class_activation_map(MAPS, scores(MAPS.mean(dim=(2, 3))), torch.tensor([0, 1]))
    torch.testing.assert_close(found[0], MAPS[0, 0] + 2 * MAPS[0, 1] - MAPS[0, 2])
    torch.testing.assert_close(found[1], MAPS[1, 1])


@pytest.mark.parametrize("features", [torch.rand(2, 3), torch.rand(2, 7)])
def test_where_the_head_does_not_weigh_means_grad_cam_is_recommended(features):
    wrong = scores(features, torch.rand(2, features.shape[1]))
    with pytest.raises(NetworkError, match="Ask for grad_cam"):
        class_activation_map(MAPS, wrong, torch.tensor([0, 1]))
