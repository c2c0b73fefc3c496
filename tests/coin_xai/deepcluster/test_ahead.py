import threading
import time

import pytest

from coin_xai.deepcluster.ahead import ahead


@pytest.mark.parametrize("workers", [1, 3])
def test_keeps_the_order_whoever_is_done_first(workers):
    def prepare(number):
        time.sleep(0.01 if number % 2 == 0 else 0)
        return number * 10

    assert list(ahead(prepare, range(20), workers=workers)) == [number * 10 for number in range(20)]


def test_prepares_the_next_while_the_caller_works_on_this_and_not_more():
    prepared = []
    second = threading.Event()

    def prepare(number):
        prepared.append(number)
        if number == 1:
            second.set()
        return number

    results = ahead(prepare, range(100))
    assert next(results) == 0
    assert second.wait(timeout=5)
    time.sleep(0.05)
    assert max(prepared) == 1
    results.close()


def test_an_error_comes_in_its_turn():
    def prepare(number):
        return 1 / (2 - number)

    results = ahead(prepare, range(5))
    assert [next(results), next(results)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_stopping_early_leaves_no_thread_behind():
    before = threading.active_count()
    results = ahead(lambda number: number, range(1000), workers=2)
    next(results)
    results.close()
    assert threading.active_count() == before
