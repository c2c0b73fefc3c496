import threading

import pytest

from storage.layout import RunLayout
from tasks.running import stage_times
from tasks.running.kept_times import read_times
from tasks.running.progress import stage
from tasks.running.stage_times import (
    BETWEEN,
    Cost,
    Spent,
    charge,
    children_apart,
    cost_of_process,
    measured,
    taking_times,
    times_of,
)


@pytest.fixture
def layout(tmp_path):
    return RunLayout(tmp_path / "run")


@pytest.fixture
def spend(monkeypatch):
    """Let the process cost so many seconds, half of them of a processor, and so many bytes."""
    cost = Cost(100.0, 50.0, 1000, 30.0)

    def more(seconds, *, children_s=0):
        nonlocal cost
        wall_s, processor_s, written_bytes, before_s = cost
        cost = Cost(
            wall_s + seconds, processor_s + seconds / 2, written_bytes + 10 * seconds, before_s + children_s
        )

    monkeypatch.setattr(stage_times, "cost_of_process", lambda: cost)
    return more


def seconds(layout):
    return {one.stage: one.wall_s for one in read_times(layout)}


def test_every_second_belongs_to_one_name(layout, spend):
    with taking_times() as times:
        spend(1)
        with stage("ingest", 1):  # before there is a run
            spend(2)
        with times.kept_in(layout):
            with stage("train", 1):
                spend(4)
            spend(8)
            with stage("train", 1):
                spend(16)
        spend(32)  # after it
    assert seconds(layout) == {BETWEEN: 9, "ingest": 2, "train": 20}
    (_, ingest, train) = read_times(layout)
    assert (train.processor_s, train.written_bytes) == (10, 200)
    assert ingest.peak_bytes > 10_000_000


def test_two_stages_at_once_share_a_name(layout, spend):
    with taking_times() as times, times.kept_in(layout):
        times.begin("transform")
        spend(1)
        times.begin("load")
        spend(2)
        times.end("transform")
        spend(4)
        times.end("load")
    assert seconds(layout) == {BETWEEN: 0, "transform": 1, "load + transform": 2, "load": 4}


def test_a_stage_inside_of_another_belongs_to_it(layout, spend):
    with taking_times() as times, times.kept_in(layout), times_of("train on 2 processes"):
        with stage("match parts", 1):
            spend(3)
        spend(1)
    assert seconds(layout)["train on 2 processes"] == 4
    assert "match parts" not in seconds(layout)


def test_what_was_done_before_a_failure_is_kept(layout, spend):
    def fail():
        with taking_times() as times, times.kept_in(layout), stage("train", 1):
            spend(5)
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        fail()
    assert seconds(layout)["train"] == 5


def test_a_stage_that_has_ended_is_kept_before_the_next_one_ends(layout, spend):
    with taking_times() as times, times.kept_in(layout):
        with stage("match parts", 1):
            spend(5)
        with stage("train", 1):
            assert seconds(layout) == {BETWEEN: 0, "match parts": 5}


def processor_seconds(layout):
    return {one.stage: one.processor_s for one in read_times(layout)}


def test_processes_that_were_started_count_unless_they_tell_by_themselves(layout, spend):
    with taking_times() as times, times.kept_in(layout):
        with stage("train", 1):
            spend(2, children_s=10)
        with children_apart():
            with stage("shards", 1):
                spend(2, children_s=100)
            spend(0, children_s=1000)
        with stage("train", 1):
            spend(2, children_s=20)
    assert processor_seconds(layout) == {BETWEEN: 0, "train": 32, "shards": 1}


def test_what_other_processes_have_spent_is_added_to_the_stage_at_work(layout, spend):
    charge(Spent(1.0, 1, 1))  # to nobody
    with taking_times() as times, times.kept_in(layout), stage("find coins", 1):
        spend(2)
        for written, peak in ((500, 1 << 50), (None, 1)):
            charge(Spent(30.0, written, peak))
    (found,) = (one for one in read_times(layout) if one.stage == "find coins")
    assert (found.wall_s, found.processor_s, found.written_bytes, found.peak_bytes) == (2, 61, 520, 1 << 50)


def test_work_elsewhere_is_measured_where_it_is_done(spend):
    made, spent = measured(lambda seconds: spend(seconds) or "done", 6)
    assert (made, spent.processor_s, spent.written_bytes) == ("done", 3, 60)
    assert spent.peak_bytes > 10_000_000


def test_work_without_any_stage_leaves_no_file(layout, spend):
    with taking_times() as times, times.kept_in(layout):
        spend(5)
    assert not layout.times.exists()


def test_two_processes_that_work_on_a_run_hide_nothing_of_each_other(layout):
    together = threading.Barrier(2)

    def work():
        with taking_times() as times, times.kept_in(layout):
            for _ in range(5):
                together.wait()
                with stage("load", 1):
                    pass
                together.wait()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(layout.times.iterdir())) == 2
    assert set(seconds(layout)) == {BETWEEN, "load"}


def test_a_process_has_cost_something():
    before = cost_of_process()
    sum(number * number for number in range(300_000))
    after = cost_of_process()
    assert after.wall_s > before.wall_s
    assert after.processor_s >= before.processor_s > 0
