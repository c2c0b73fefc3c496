"""Servers, workers and the form look at flows without running them; that must stay cheap."""

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize(
    "module",
    [
        "flows.train_clusters",
        "flows.explain_clusters",
        "flows.explain_checkpoint",
        "flows.study",
        "flows.prune",
        "flows.backfill",
        "flows.deployment",
    ],
)
def test_looking_at_a_flow_imports_nothing_that_only_running_it_needs(module):
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not HEAVY.intersection(done.stdout.split())
