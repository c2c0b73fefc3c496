import threading
import time
from contextvars import ContextVar

import pytest

from tasks.stream import MOST_WAITING, Handover, StoppedError, following, go_on, handing_over

SECONDS = 20
"""After which a test that waits for something gives up."""


def test_pieces_are_done_behind_in_order_and_all_before_it_ends():
    main, done = threading.get_ident(), []
    with following() as follow:
        for number in range(10):
            follow(lambda number=number: done.append((number, threading.get_ident())))
    assert [number for number, _ in done] == [*range(10)]
    assert main not in {thread for _, thread in done}


def test_a_piece_is_done_while_the_next_one_is_prepared():
    met = threading.Barrier(2, timeout=SECONDS)
    with following() as follow:
        follow(met.wait)
        met.wait()


def test_never_more_than_so_many_pieces_wait():
    go, begun = threading.Event(), []
    with following() as follow:
        for number in range(MOST_WAITING):
            follow(lambda number=number: begun.append(number) or go.wait(SECONDS))
        threading.Timer(0.2, go.set).start()
        before = time.monotonic()
        follow(lambda: None)
        assert time.monotonic() - before >= 0.1, "it did not wait for a piece to be done"
    assert go.is_set()


def test_a_piece_runs_in_the_context_of_who_hands_it_over():
    name, seen = ContextVar("name"), []
    with following() as follow:
        name.set("flow run 7")
        follow(lambda: seen.append(name.get()))
    assert seen == ["flow run 7"]


def test_what_a_piece_raises_is_raised_and_the_ones_behind_it_are_dropped():
    done = []

    def fail():
        raise ValueError("the disk is full")

    def work():
        with following() as follow:
            follow(fail)
            for _ in range(2 * MOST_WAITING):
                follow(lambda: time.sleep(0.01) or done.append(1))

    with pytest.raises(ValueError, match="the disk is full"):
        work()
    assert len(done) < 2 * MOST_WAITING


def test_when_the_work_before_it_ends_by_an_exception_the_piece_at_work_is_stopped():
    begun, stopped = threading.Event(), []

    def endless():
        begun.set()
        try:
            while True:
                go_on()
                time.sleep(0.001)
        except StoppedError:
            stopped.append(True)
            raise

    def work():
        with following() as follow:
            follow(endless)
            follow(lambda: stopped.append("it should have been dropped"))
            assert begun.wait(SECONDS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert stopped == [True]


def test_whoever_follows_nobody_goes_on():
    go_on()


def test_what_is_handed_over_comes_at_once_or_when_it_is_ready():
    order = []
    with handing_over() as ready, following() as follow:

        def wait():
            for piece in ("a", "b"):
                ready.wait_for(piece)
                order.append(piece)

        ready.give("b")
        follow(wait)
        time.sleep(0.05)
        assert order == []
        ready.give("a")
    assert order == ["a", "b"]


def test_whoever_waits_for_what_never_comes_is_stopped_when_the_block_ends():
    outcomes = []

    def wait(ready):
        try:
            ready.wait_for(1)
        except StoppedError:
            outcomes.append("stopped")

    def fail(follow):
        with handing_over() as ready:
            follow(lambda: wait(ready))
            time.sleep(0.05)
            assert outcomes == []
            raise ValueError("transform")

    with following() as follow, pytest.raises(ValueError, match="transform"):
        fail(follow)
    assert outcomes == ["stopped"]


def test_what_was_given_before_it_was_closed_stays_given():
    handover = Handover()
    handover.give((3, 0))
    handover.close()
    handover.wait_for((3, 0))
    with pytest.raises(StoppedError):
        handover.wait_for((3, 1))
