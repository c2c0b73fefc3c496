"""Clusters coin photographs without labels and explains every coin for its cluster.

This package is the science: arrays and tables in, arrays and tables out. It knows neither Prefect nor
where files are kept.
"""

import os

# Threads of PyTorch that wait for each other keep the processors busy unless told otherwise, before it is
# imported. Where others work too, what they wait for then waits for them: matching took forty times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
