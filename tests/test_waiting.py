import subprocess
import sys

import pytest

from tests import waiting
from tests.waiting import wait_until


def test_what_comes_true_is_returned():
    answers = iter([0, "", None, "there"])
    assert wait_until(lambda: next(answers), "an answer") == "there"


def test_nobody_waits_for_a_process_that_has_ended():
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        with pytest.raises(AssertionError, match="a file: the process to wait for has ended with 3"):
            wait_until(lambda: False, "a file", of=process)
        assert wait_until(lambda: True, "a file", of=process)


def test_patience_has_an_end(monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE_S", 0)
    with pytest.raises(AssertionError, match="a file: not within 0 s"):
        wait_until(lambda: False, "a file")
