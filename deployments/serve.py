"""One process instead of pool and worker: python deployments/serve.py FOLDER [RUNS]."""

import sys
from pathlib import Path

from flows.deployment import serve_flows

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    serve_flows(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) == 3 else "runs")
