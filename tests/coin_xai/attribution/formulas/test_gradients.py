import numpy as np

from coin_xai.attribution.formulas.gradients import saliency


def test_the_greatest_size_over_the_colours_counts():
    assert saliency(np.array([1.0, -3.0, 2.0]).reshape(3, 1, 1)).tolist() == [[3.0]]


def test_one_channel_is_all_there_is():
    assert saliency(np.array([[-2.0]])).tolist() == [[2.0]]
