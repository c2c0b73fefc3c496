"""A mint: draws photographs of struck Celtic silver coins, *monnaies à la croix*, whose truths are known."""

from coin_xai.mint.coin import Coin, draw_coin, mint
from coin_xai.mint.issue import Issue
from coin_xai.mint.truth import Truth

MINT_VERSION = "mint-1"
"""Changes whenever the same issue would be drawn otherwise."""

__all__ = ["MINT_VERSION", "Coin", "Issue", "Truth", "draw_coin", "mint"]
