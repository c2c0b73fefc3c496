import shutil
import subprocess
from hashlib import sha256

import pytest

from coin_xai.report.instructions import checksums, instructions


def test_the_text_names_commands_versions_and_what_to_put_in():
    text = instructions(
        commands=[["coin-xai", "study", "IMAGES", "--name", "a run"]],
        versions={"python": "3.11.7", "torch": "2.14.1"},
        files={"WEIGHTS": "the initial weights"},
        run="a run",
        coins=18,
        clusters=3,
        explanation="abc",
        version="0.1.0",
        epoch=2,
        checkpoint="00ff",
        photographs="11aa",
    )
    assert "    coin-xai study IMAGES --name 'a run'" in text
    assert "Python 3.11.7" in text
    assert "    torch==2.14.1" in text
    assert "of WEIGHTS the initial weights" in text
    assert "{" not in text


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
def test_checksums_are_those_that_sha256sum_checks_whatever_files_are_called(tmp_path):
    names = ["BN_1_R.jpg", "sub/ü b.jpg", "back\\slash.jpg", "two\nlines.jpg"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    text = checksums({name: sha256(name.encode()).hexdigest() for name in names})
    (tmp_path / "list").write_text(text)
    command = ["sha256sum", "--check", "--strict", "list"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / names[0]).write_bytes(b"another")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1
