"""The version of the numbers that an explanation consists of."""

ALGORITHM_VERSION = 8
"""Counts up whenever the same network and photographs would give other numbers; part of fingerprints."""
