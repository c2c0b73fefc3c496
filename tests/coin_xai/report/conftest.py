import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("drawn", Path(__file__).with_name("drawn.py"))
_drawn = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_drawn)


@pytest.fixture
def drawn():
    """The module that draws small reports."""
    return _drawn
