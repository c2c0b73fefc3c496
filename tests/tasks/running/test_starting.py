import gc
import sys

import pytest

from flows import engine
from flows.command_line import cli
from tasks.running import starting

BESIDE = """
import gc, sys
print(gc.get_threshold()[0], __name__, *sys.argv[1:])
"""


@pytest.mark.parametrize(("program", "works"), [(cli.program, "main"), (engine.main, "runpy.run_module")])
def test_a_program_of_ours_looks_seldom_for_garbage_from_the_start(program, works, monkeypatch):
    before, found = gc.get_threshold(), []
    module = cli if program is cli.program else engine
    monkeypatch.setattr(f"{module.__name__}.{works}", lambda *_, **__: found.append(gc.get_threshold()))
    for leaving in ("flows.leaving.leave", "flows.engine.leave"):
        monkeypatch.setattr(leaving, lambda *_: None)
    try:
        gc.set_threshold(700, 10, 10)
        program()
    finally:
        gc.set_threshold(*before)
    assert found == [(10_000, 10, 10)]


def test_a_module_is_started_so_with_its_arguments(tmp_path, monkeypatch, capsys):
    (tmp_path / "module_beside.py").write_text(BESIDE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["starting", "module_beside", "--some", "3"])
    before = gc.get_threshold()
    try:
        gc.set_threshold(700, 10, 10)
        starting.main()
    finally:
        gc.set_threshold(*before)
    assert capsys.readouterr().out == "10000 __main__ --some 3\n"
