"""Clusters coin photographs without labels and explains every coin for its cluster.

This package is the science: arrays and tables in, arrays and tables out. It knows neither Prefect nor
where files are kept.
"""

import os

# Threads of PyTorch that wait for each other keep the processors busy for milliseconds unless told otherwise
# before it is imported. Beside much other work, what they wait for then waits for them. So many looks take
# some microseconds: alone on a machine matching is as fast, where threads that sleep at once halve its speed.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")
