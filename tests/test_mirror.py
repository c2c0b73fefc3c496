"""Tests mirror the tree: whoever looks for the tests of a module knows where they are."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("coin_xai", "storage", "tasks", "flows")

SCENARIOS = "scenarios"
"""Folders of tests of what several modules do together."""

LARGEST_FOLDER = 20


def modules():
    """Return the modules; a package counts as one of its name beside it."""
    found = (path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path.parent.with_suffix(".py") if path.name == "__init__.py" else path for path in found}


def files_of_tests():
    found = (path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py"))
    return {path for path in found if path.parts[0] in ROOMS and SCENARIOS not in path.parts}


def mirror(module):
    return module.with_name(f"test_{module.name}")


def test_every_file_of_tests_is_that_of_a_module():
    assert sorted(files_of_tests() - {mirror(module) for module in modules()}) == []


def test_no_folder_holds_more_than_one_can_survey():
    folders = {path.parent for path in modules() if path.parent.name} | {
        Path("tests") / path.parent for path in files_of_tests()
    }
    sizes = {folder: len(list((ROOT / folder).glob("*.py"))) for folder in folders}
    assert {folder: size for folder, size in sizes.items() if size > LARGEST_FOLDER} == {}
