"""Clusters coin photographs without labels and explains every coin for its cluster.

This package is the science: arrays and tables in, arrays and tables out. It knows neither Prefect nor
where files are kept.
"""
