"""Gradient descent: one step in one process or in several, and its precision."""
