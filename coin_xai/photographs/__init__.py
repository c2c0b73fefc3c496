"""Photographs: decoding, quality, the coin in them, its background, and what should be cleaned."""
