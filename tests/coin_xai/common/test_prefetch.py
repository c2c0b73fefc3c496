import threading

import pytest

from coin_xai.common.prefetch import prefetch
from tests.waiting import PATIENCE_S


@pytest.mark.parametrize("workers", [1, 3])
def test_keeps_the_order_whoever_is_done_first(workers):
    done = [threading.Event() for _ in range(20)]

    def prepare(number):
        # With several workers, each third one is done only after the one behind it.
        if workers > 1 and number % 3 == 0:
            assert done[number + 1].wait(PATIENCE_S)
        done[number].set()
        return number * 10

    assert list(prefetch(prepare, range(20), workers=workers)) == [number * 10 for number in range(20)]


def test_prepares_the_next_while_the_caller_works_on_this_and_not_more():
    taken = []
    second = threading.Event()

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    def prepare(number):
        if number == 1:
            second.set()
        return number

    results = prefetch(prepare, items())
    assert next(results) == 0
    assert second.wait(PATIENCE_S)
    assert taken == [0, 1]
    results.close()


def test_an_error_comes_in_its_turn():
    def prepare(number):
        return 1 / (2 - number)

    results = prefetch(prepare, range(5))
    assert [next(results), next(results)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_stopping_early_leaves_no_thread_behind():
    before = set(threading.enumerate())
    results = prefetch(lambda number: number, range(1000), workers=2)
    next(results)
    results.close()
    assert set(threading.enumerate()) <= before
