import threading
import time
from contextvars import ContextVar

import pytest

from tasks.running.ready_chunks import (
    MOST_WAITING,
    ReadyChunks,
    StoppedError,
    raise_if_cancelled,
    ready_chunks,
    working_behind,
)
from tests.waiting import PATIENCE_S


def test_pieces_are_done_behind_in_order_and_all_before_it_ends():
    main, done = threading.get_ident(), []
    with working_behind() as submit:
        for number in range(10):
            submit(lambda number=number: done.append((number, threading.get_ident())))
    assert [number for number, _ in done] == [*range(10)]
    assert main not in {thread for _, thread in done}


def test_a_piece_is_done_while_the_next_one_is_prepared():
    met = threading.Barrier(2, timeout=PATIENCE_S)
    with working_behind() as submit:
        submit(met.wait)
        met.wait()


def test_never_more_than_so_many_pieces_wait():
    go, done = threading.Event(), []
    with working_behind() as submit:
        for number in range(MOST_WAITING):
            submit(lambda number=number: go.wait(PATIENCE_S) and done.append(number))
        threading.Timer(0.2, go.set).start()
        submit(lambda: None)
        assert done[:1] == [0], "it did not wait for a piece to be done"


def test_a_piece_runs_in_the_context_of_who_hands_it_over():
    name, seen = ContextVar("name"), []
    with working_behind() as submit:
        name.set("flow run 7")
        submit(lambda: seen.append(name.get()))
    assert seen == ["flow run 7"]


def test_what_a_piece_raises_is_raised_and_the_ones_behind_it_are_dropped():
    done = []

    def fail():
        raise ValueError("the disk is full")

    def work():
        with working_behind() as submit:
            submit(fail)
            for _ in range(2 * MOST_WAITING):
                submit(lambda: done.append(1))

    with pytest.raises(ValueError, match="the disk is full"):
        work()
    assert len(done) < 2 * MOST_WAITING


def test_when_the_work_before_it_ends_by_an_exception_the_piece_at_work_is_stopped():
    begun, stopped = threading.Event(), []

    def endless():
        begun.set()
        try:
            while True:
                raise_if_cancelled()
                time.sleep(0.001)
        except StoppedError:
            stopped.append(True)
            raise

    def work():
        with working_behind() as submit:
            submit(endless)
            submit(lambda: stopped.append("it should have been dropped"))
            assert begun.wait(PATIENCE_S)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert stopped == [True]


def test_whoever_follows_nobody_goes_on():
    raise_if_cancelled()


def test_what_is_handed_over_comes_at_once_or_when_it_is_ready():
    order, begun = [], threading.Event()
    with ready_chunks() as ready, working_behind() as submit:

        def wait():
            begun.set()
            for piece in ("a", "b"):
                ready.wait_for(piece)
                order.append(piece)

        ready.add("b")
        submit(wait)
        assert begun.wait(PATIENCE_S)
        assert order == []
        ready.add("a")
    assert order == ["a", "b"]


def test_whoever_waits_for_what_never_comes_is_stopped_when_the_block_ends():
    outcomes, begun = [], threading.Event()

    def wait(ready):
        begun.set()
        try:
            ready.wait_for(1)
        except StoppedError:
            outcomes.append("stopped")

    def fail(submit):
        with ready_chunks() as ready:
            submit(lambda: wait(ready))
            assert begun.wait(PATIENCE_S)
            assert outcomes == []
            raise ValueError("transform")

    with working_behind() as submit, pytest.raises(ValueError, match="transform"):
        fail(submit)
    assert outcomes == ["stopped"]


def test_what_was_given_before_it_was_closed_stays_given():
    ready = ReadyChunks()
    ready.add((3, 0))
    ready.close()
    ready.wait_for((3, 0))
    with pytest.raises(StoppedError):
        ready.wait_for((3, 1))
