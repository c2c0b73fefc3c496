import io

from rich.console import Console

from tasks.running.stage_rows import StageRows
from tasks.running.stages import Agenda


def drawn(agenda, *, height):
    console = Console(file=io.StringIO(), width=80, height=height)
    console.print(StageRows(agenda))
    return console.file.getvalue().splitlines()


def test_where_a_terminal_is_too_low_the_first_stages_that_are_over_go():
    agenda = Agenda()
    agenda.plan([f"stage {number}" for number in range(10)])
    assert drawn(agenda, height=6)[0].startswith("stage 0")
    for number in range(8):
        stage = agenda.find(f"stage {number}")
        stage.begin(1)
        if number < 7:
            stage.advance(1)
            stage.end()
    low = drawn(agenda, height=6)
    assert [line.split("  ")[0] for line in low[:-1]] == ["stage 6", "stage 7", "stage 8", "stage 9"]
    assert low[-1].startswith("7 of 10 stages are over")
    assert len(drawn(agenda, height=40)) == 11
    agenda.close()
    ended = drawn(agenda, height=6)
    assert len(ended) == 11
    assert "nothing to do" in ended[8]
    assert not any("to come" in line for line in ended)


def test_work_that_nobody_planned_has_no_sum():
    agenda = Agenda()
    agenda.find("mint").begin(3)
    (row,) = drawn(agenda, height=24)
    assert row.startswith("mint")
    assert "0/3" in row
