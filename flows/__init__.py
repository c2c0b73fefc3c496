"""Compositions of tasks, their parameters, and the command line."""
