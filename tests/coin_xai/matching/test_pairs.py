import pytest
import torch

from coin_xai.matching.pairs import likeness_of_pairs
from coin_xai.matching.windows import likeness_in


@pytest.mark.parametrize("channels", [1, 9])
def test_pairs_are_as_alike_as_where_all_are_compared(channels):
    generator = torch.Generator().manual_seed(1)
    own, other = torch.randn(2, 7, channels, 16, 16, generator=generator, dtype=torch.float64)
    own[3] = 0  # a coin without an edge
    across, there = (cells.permute(0, 2, 3, 1) for cells in (own, other))
    expected = torch.maximum(likeness_in(across, there), likeness_in(there, across).T).diagonal()
    torch.testing.assert_close(likeness_of_pairs(own, other), expected, rtol=1e-10, atol=1e-10)


def test_a_block_ends_where_it_likes(monkeypatch):
    own, other = torch.randn(2, 5, 2, 16, 16, generator=torch.Generator().manual_seed(2))
    expected = likeness_of_pairs(own, other)
    monkeypatch.setattr("coin_xai.matching.pairs.BLOCK", 2)
    torch.testing.assert_close(likeness_of_pairs(own, other), expected)
