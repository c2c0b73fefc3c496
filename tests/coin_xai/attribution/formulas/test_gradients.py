import torch

from coin_xai.attribution.formulas.gradients import saliency


def test_the_greatest_size_over_the_colours_counts():
    gradient = torch.tensor([1.0, -3.0, 2.0]).view(1, 3, 1, 1)
    assert saliency(gradient).tolist() == [[[3.0]]]


def test_one_channel_is_all_there_is():
    assert saliency(torch.tensor([[[-2.0]]])).tolist() == [[[2.0]]]
