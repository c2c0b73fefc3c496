"""Looking at a flow or at the help of a command runs nothing; it must stay cheap."""

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


FLOWS = (
    "flows.train_clusters",
    "flows.explain_clusters",
    "flows.explain_checkpoint",
    "flows.study",
    "flows.claims",
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


# Says what is there once the command line has ended.
COMMAND = """
import sys
from flows.command_line.cli import main
try:
    main()
except SystemExit:
    pass
print("imported:", *sys.modules)
"""
MOST_MODULES = 550
"""Of the command line, with pydantic, click and rich; Prefect brings a thousand more, PyTorch two."""


def imported_by(*arguments):
    command = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("imported:")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("study", "--help"),
        ("study", "coins", "--no-such-option"),
        ("study", "no-such-folder"),
        ("prune", "--help"),
        ("server", "--help"),
        ("nothing",),
    ],
)
def test_help_and_wrong_options_import_neither_prefect_nor_a_library_of_science(arguments):
    modules = imported_by(*arguments)
    assert not modules & {*HEAVY, "prefect", "httpx", "fsspec"}
    assert len(modules) < MOST_MODULES


def test_a_list_of_runs_imports_only_what_reads_a_table(explained):
    modules = imported_by("runs", "--runs", explained.parent)
    assert not modules & {*HEAVY - {"pyarrow", "numpy"}, "prefect", "httpx"}
    assert len(modules) < MOST_MODULES


def test_photographs_are_read_before_anything_is_imported_that_learns(tmp_path):
    (tmp_path / "coins").mkdir()
    (tmp_path / "coins" / "001.jpg").write_text("no photograph")
    modules = imported_by("study", tmp_path / "coins", "--k", "2", "--runs", tmp_path / "runs")
    assert {"pandas", "PIL"} <= modules  # the folder was read
    assert not modules & {"torch", "sklearn", "scipy", "faiss", "matplotlib", "openpyxl"}
