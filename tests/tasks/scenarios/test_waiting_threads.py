"""Threads that wait for each other soon leave the processors to others, whichever module comes first."""

import os
import re
import subprocess
import sys
from functools import cache

import pytest

# As each of our programs does first, and this loads no OpenMP.
START = "from tasks.running.starting import start; start(); "


@cache
def turns_before_sleep(program):
    """Return how often threads look whether their wait is over before they sleep, for each OpenMP loaded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP", "GOMP"))}
    ran = subprocess.run(
        [sys.executable, "-c", START + program],
        env=environment | {"OMP_DISPLAY_ENV": "VERBOSE"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(count) for count in re.findall(r"GOMP_SPINCOUNT = '(\d+)'", ran.stderr)]


@pytest.mark.parametrize(
    "module",
    ["coin_xai.networks", "tasks.training.segment", "tasks.recognise", "flows.explaining.explanation"],
)
def test_they_sleep_soon(module):
    if not turns_before_sleep("import torch"):
        pytest.skip("this PyTorch waits by another OpenMP than GNU's")
    found = turns_before_sleep(f"import {module}, torch")
    assert found
    assert set(found) == {5000}


def test_a_user_may_want_it_otherwise():
    program = "import os; os.environ['GOMP_SPINCOUNT'] = '77'; import coin_xai, torch"
    assert set(turns_before_sleep(program)) <= {77}
