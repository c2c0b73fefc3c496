"""Matching of coins: cells describe the relief, and windows of cells are found again on other coins."""
