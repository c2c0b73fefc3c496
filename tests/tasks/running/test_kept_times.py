import os
from datetime import UTC, datetime

import pytest

from storage.errors import DamagedError
from storage.layout import RunLayout
from tasks.running.kept_times import (
    StageTimes,
    begun_at,
    begun_on,
    new_file,
    read_times,
    write_times,
)


@pytest.fixture
def layout(tmp_path):
    return RunLayout(tmp_path / "run")


def test_a_run_of_before_has_no_times(layout):
    assert read_times(layout) == []


def test_processes_add_up_and_stages_stay_in_the_order_in_which_they_began(layout):
    first = [StageTimes("ingest", 1.0, 0.5, 100, 10), StageTimes("train", 8.0, 7.0, 300, None)]
    second = [StageTimes("train", 2.0, 1.0, 200, 5), StageTimes("load", 3.0, 6.0, None, None)]
    write_times(layout.times / "20260101T000000-b.json", first)
    write_times(layout.times / "20260102T000000-a.json", second)
    assert read_times(layout) == [
        StageTimes("ingest", 1.0, 0.5, 100, 10),
        StageTimes("train", 10.0, 8.0, 300, 5),
        StageTimes("load", 3.0, 6.0, None, None),
    ]


def test_a_process_that_writes_again_replaces_what_it_wrote(layout):
    file = new_file(layout)
    for seconds in (1.0, 2.0):
        write_times(file, [StageTimes("train", seconds, 0.0, None, None)])
    assert [one.wall_s for one in read_times(layout)] == [2.0]


def test_no_two_processes_share_a_file(layout):
    assert len({new_file(layout) for _ in range(20)}) == 20


def test_work_began_with_the_first_process_or_with_the_record(layout):
    layout.root.mkdir()
    layout.record.write_text("{}")
    os.utime(layout.record, (1e9, 1e9))
    assert begun_at(layout) == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    for name in ("20260102T000000-a", "20260101T235958-b"):
        write_times(layout.times / f"{name}.json", [])
    assert begun_at(layout) == datetime(2026, 1, 1, 23, 59, 58, tzinfo=UTC)
    assert begun_on(layout) == "2026-01-01"


@pytest.mark.parametrize("content", ["", "[]", '{"stages": [{"stage": "x"}]}', '{"stages": 3}'])
def test_a_damaged_file_is_named_with_what_to_do(layout, content):
    layout.times.mkdir(parents=True)
    (layout.times / "x.json").write_text(content)
    with pytest.raises(DamagedError, match=r"x\.json cannot be read .* remove it"):
        read_times(layout)
