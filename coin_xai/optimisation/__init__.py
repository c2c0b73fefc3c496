"""Gradient descent: one step in one process or several, precision and learning rate."""
