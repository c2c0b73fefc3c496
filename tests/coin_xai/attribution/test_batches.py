import logging

import pytest
import torch

from coin_xai.attribution.batches import Batches, is_out_of_memory


def test_work_is_done_in_one_part_when_it_fits():
    batches = Batches()
    assert batches.do(5, lambda part: (part.start, part.stop)) == [(0, 5)]
    assert batches.largest is None


def test_parts_are_halved_until_they_fit_and_the_size_is_remembered(caplog):
    batches = Batches()

    def work(part):
        if part.stop - part.start > 3:
            raise torch.OutOfMemoryError("out of memory")
        return list(range(part.start, part.stop))

    with caplog.at_level(logging.WARNING):
        parts = batches.do(14, work)
    assert [coin for part in parts for coin in part] == list(range(14))
    assert [len(part) for part in parts] == [3, 3, 3, 3, 2]
    assert batches.largest == 3
    assert "14 photographs at once; going on with 7" in caplog.text
    assert [len(part) for part in batches.do(7, work)] == [3, 3, 1]


def test_one_photograph_that_is_too_much_is_an_error():
    def work(_part):
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        Batches().do(2, work)


def test_other_errors_are_not_taken_for_it():
    def work(_part):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    batches = Batches()
    with pytest.raises(RuntimeError, match="mat1"):
        batches.do(2, work)
    assert batches.largest is None


def test_the_allocator_of_the_processor_is_understood():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(ValueError("memory"))
