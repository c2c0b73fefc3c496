import threading
import time
from contextvars import ContextVar

import pytest

from tasks.running.ready_chunks import MOST_WAITING, Handover, StoppedError, following, go_on, handing_over
from tests.waiting import PATIENCE_S


def test_pieces_are_done_behind_in_order_and_all_before_it_ends():
    main, done = threading.get_ident(), []
    with following() as follow:
        for number in range(10):
            follow(lambda number=number: done.append((number, threading.get_ident())))
    assert [number for number, _ in done] == [*range(10)]
    assert main not in {thread for _, thread in done}


def test_a_piece_is_done_while_the_next_one_is_prepared():
    met = threading.Barrier(2, timeout=PATIENCE_S)
    with following() as follow:
        follow(met.wait)
        met.wait()


def test_never_more_than_so_many_pieces_wait():
    go, done = threading.Event(), []
    with following() as follow:
        for number in range(MOST_WAITING):
            follow(lambda number=number: go.wait(PATIENCE_S) and done.append(number))
        threading.Timer(0.2, go.set).start()
        follow(lambda: None)
        assert done[:1] == [0], "it did not wait for a piece to be done"


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
                follow(lambda: done.append(1))

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
            assert begun.wait(PATIENCE_S)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert stopped == [True]


def test_whoever_follows_nobody_goes_on():
    go_on()


def test_what_is_handed_over_comes_at_once_or_when_it_is_ready():
    order, begun = [], threading.Event()
    with handing_over() as ready, following() as follow:

        def wait():
            begun.set()
            for piece in ("a", "b"):
                ready.wait_for(piece)
                order.append(piece)

        ready.give("b")
        follow(wait)
        assert begun.wait(PATIENCE_S)
        assert order == []
        ready.give("a")
    assert order == ["a", "b"]


def test_whoever_waits_for_what_never_comes_is_stopped_when_the_block_ends():
    outcomes, begun = [], threading.Event()

    def wait(ready):
        begun.set()
        try:
            ready.wait_for(1)
        except StoppedError:
            outcomes.append("stopped")

    def fail(follow):
        with handing_over() as ready:
            follow(lambda: wait(ready))
            assert begun.wait(PATIENCE_S)
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
