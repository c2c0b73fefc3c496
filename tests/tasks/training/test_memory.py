import logging

import pytest

from coin_xai.deepcluster.options import TrainingOptions
from tasks.training import memory
from tasks.training.memory import say_memory_of_matching

MILLION = 1_000_000


@pytest.fixture
def said(caplog, monkeypatch):
    """Return what is said of so many coins on a machine that has so many GB."""

    def say(n_coins, *, machine_gb, **options):
        monkeypatch.setattr(memory, "_memory_of_machine", lambda: int(machine_gb * memory.GB))
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="tasks.training.memory"):
            say_memory_of_matching(n_coins, TrainingOptions(**{"description": "edges", **options}))
        return [(record.levelname, record.getMessage()) for record in caplog.records]

    return say


def test_much_memory_is_said_and_too_much_warned_of(said):
    assert said(5000, machine_gb=8) == []
    assert said(MILLION, machine_gb=64, orientation="upright") == [
        ("INFO", "comparing 1000000 coins takes about 22.5 GB of memory; this machine has 64.0 GB")
    ]
    ((level, message),) = said(MILLION, machine_gb=64)
    assert level == "WARNING"
    assert "about 108.5 GB of memory (22.5 GB if they stand upright, 108.5 GB if they do not)" in message


def test_what_a_network_sees_is_counted_where_it_is_compared(said):
    ((_, message),) = said(MILLION, machine_gb=64, orientation="upright", description="pretrained")
    assert "about 46.1 GB" in message
    ((_, message),) = said(MILLION, machine_gb=64, orientation="upright", description="tuned")
    assert "about 103.4 GB" in message
