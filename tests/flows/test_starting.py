import gc

import pytest

from flows import engine
from flows.command_line import cli


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
