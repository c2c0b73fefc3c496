"""Threads that wait for each other soon leave the processors to others, whichever module comes first."""

import os
import re
import subprocess
import sys

import pytest

# As each of our programs does first, and this loads no OpenMP.
START = "from tasks.running.starting import start; start(); "
# Ends the program where PyTorch would be imported, which reads the variable then and never again.
STOP_AT_TORCH = """
import os, sys

class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("GOMP_SPINCOUNT"), flush=True)
            os._exit(0)

sys.meta_path.insert(0, Stop())
"""


def ran(program, **environment):
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("OMP", "GOMP"))}
    return subprocess.run(
        [sys.executable, "-c", program], env=usual | environment, capture_output=True, text=True, check=True
    )


def turns_before_sleep(program):
    """Return how often threads look whether their wait is over before they sleep, for each OpenMP loaded."""
    told = ran(START + program, OMP_DISPLAY_ENV="VERBOSE").stderr
    return [int(count) for count in re.findall(r"GOMP_SPINCOUNT = '(\d+)'", told)]


def test_they_sleep_soon():
    found = turns_before_sleep("import coin_xai, torch")
    if not found and not turns_before_sleep("import torch"):
        pytest.skip("this PyTorch waits by another OpenMP than GNU's")
    assert set(found) == {5000}


@pytest.mark.parametrize(
    "module",
    [
        "coin_xai.networks.alexnet",
        "tasks.training.segment",
        "tasks.recognise",
        "flows.explaining.explanation",
    ],
)
def test_whoever_imports_pytorch_has_said_so_before(module):
    assert ran(f"{STOP_AT_TORCH}\nimport {module}").stdout == "5000\n"


def test_a_user_may_want_it_otherwise():
    program = f"{STOP_AT_TORCH}\nos.environ['GOMP_SPINCOUNT'] = '77'\nimport coin_xai, torch"
    assert ran(program).stdout == "77\n"
