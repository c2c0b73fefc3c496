import pytest

from flows.command_line.exits import FAILED, explained_errors
from tasks.running.failures import RanksFailedError


def test_a_process_of_a_training_that_was_killed_is_told_in_a_sentence(capsys):
    with pytest.raises(SystemExit) as ended, explained_errors():
        raise RanksFailedError("process 1 of the 2 was ended by SIGKILL", may_pass=False)
    assert ended.value.code == FAILED
    assert capsys.readouterr().err == "error: process 1 of the 2 was ended by SIGKILL\n"
