import pytest
import torch

from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.windows import likeness_in


@pytest.mark.parametrize("channels", [1, 9])
def test_pairs_are_as_alike_as_where_all_are_compared(channels):
    generator = torch.Generator().manual_seed(1)
    coins = torch.randn(8, 16, 16, channels, generator=generator, dtype=torch.float64)
    coins[3] = 0  # a coin without an edge
    expected = torch.maximum(likeness_in(coins, coins), likeness_in(coins, coins).T)
    chosen = torch.tensor([[1, 2, 3], [7, 0, 5], [3, 4, 6]])
    found = likeness_to_each(coins[:3], coins[chosen])
    torch.testing.assert_close(found, expected[:3].gather(1, chosen), rtol=1e-10, atol=1e-10)
    found = likeness_to_each(coins[3:4], coins[None])
    torch.testing.assert_close(found, expected[3:4], rtol=1e-10, atol=1e-10)
