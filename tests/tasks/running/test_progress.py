import io

from rich.console import Console

from tasks.running.progress import in_terminal, stage


def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=80)


def test_each_stage_is_a_bar_that_counts_photographs():
    console = terminal()
    with in_terminal(console), stage("train", 3) as advance:
        advance(1)
        advance(2)
    last = console.file.getvalue()
    assert "train" in last
    assert "3/3" in last


def test_a_stage_that_comes_again_goes_on_in_its_bar():
    console = terminal()
    with in_terminal(console):
        for _ in range(2):
            with stage("load", 5) as advance:
                advance(5)
    assert "10/10" in console.file.getvalue()


def test_without_a_terminal_nothing_is_drawn():
    console = Console(file=io.StringIO(), force_terminal=False)
    with in_terminal(console), stage("load", 5) as advance:
        advance(5)
    assert console.file.getvalue().strip() == ""


def test_what_runs_without_a_view_leaves_no_bar_in_a_later_one():
    with stage("load", 1) as advance:
        advance(1)
    console = terminal()
    with in_terminal(console), stage("load", 5) as advance:
        advance(5)
    assert "5/5" in console.file.getvalue()
