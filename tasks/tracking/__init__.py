"""Serves the command `track`: settings, figures and pictures of finished runs, for MLflow."""
