import shutil

import pytest

from storage.layout import RunLayout


@pytest.fixture
def copy(explained_run, tmp_path):
    """A copy of the explained run that may be written into."""
    layout = RunLayout(tmp_path / "runs" / explained_run.layout.root.name)
    shutil.copytree(explained_run.layout.root, layout.root, symlinks=True)
    return layout
