"""Serves the command `export`: the coins of a run in files that other programs read."""
