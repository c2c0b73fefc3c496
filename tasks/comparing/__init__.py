"""Serves the command `compare`: finished runs beside each other, their tables, pictures and page."""
