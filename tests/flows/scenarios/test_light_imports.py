"""Servers, workers and the form look at flows without running them; that must stay cheap."""

import subprocess
import sys

HEAVY = {
    "torch",
    "torchvision",
    "sklearn",
    "scipy",
    "pandas",
    "pyarrow",
    "numpy",
    "matplotlib",
    "faiss",
    "PIL",
}


FLOWS = (
    "flows.train_clusters",
    "flows.explain_clusters",
    "flows.explain_checkpoint",
    "flows.study",
    "flows.prune",
    "flows.backfill",
    "flows.deployment",
)
# Says after each import what is there then, so that the first flow to need more is named.
PROGRAM = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    print(name, *sys.modules)
"""


def test_looking_at_a_flow_imports_nothing_that_only_running_it_needs():
    command = [sys.executable, "-c", PROGRAM, *FLOWS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {name: HEAVY.intersection(there) for name, *there in map(str.split, done.stdout.splitlines())}
    assert found == {name: set() for name in FLOWS}
