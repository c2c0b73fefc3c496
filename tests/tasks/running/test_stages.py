import pytest

from tasks.running.stages import Agenda, StageProgress


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def pass_by(stage, clock, *, seconds, a_second):
    for _ in range(seconds):
        clock.now += 1
        stage.advance(a_second)


def test_time_left_follows_from_the_pace(clock):
    stage = StageProgress("train", clock)
    stage.begin(100)
    assert stage.left_s is None
    pass_by(stage, clock, seconds=5, a_second=4)
    assert stage.a_second == pytest.approx(4)
    assert stage.left_s == pytest.approx(20)
    assert str(stage) == "train: 20% (20 of 100), 4.0 coins/s, 0:00:20 left"


def test_what_was_there_already_is_no_pace_for_long(clock):
    stage = StageProgress("transform", clock)
    stage.begin(2000)
    stage.advance(1000)  # by an earlier process
    pass_by(stage, clock, seconds=60, a_second=5)
    assert stage.a_second == pytest.approx(5, rel=0.1)
    assert stage.left_s == pytest.approx(140, rel=0.1)


def test_a_stage_that_stands_still_is_told_to_take_longer(clock):
    stage = StageProgress("fit head", clock)
    stage.begin(100)
    pass_by(stage, clock, seconds=10, a_second=5)
    before = stage.left_s
    clock.now += 30
    assert stage.left_s > 3 * before


def test_time_between_its_pieces_is_not_time_of_the_stage(clock):
    stage = StageProgress("load", clock)
    stage.expect(30)
    for _ in range(2):
        stage.begin(10)
        pass_by(stage, clock, seconds=2, a_second=5)
        stage.end()
        clock.now += 1000
    assert stage.worked_s == 4
    assert stage.total == 30
    assert not stage.over
    stage.begin(10)
    assert stage.left_s == pytest.approx(2)
    pass_by(stage, clock, seconds=2, a_second=5)
    stage.end()
    assert stage.over
    assert str(stage) == "load: done in 0:00:06, 5.0 coins/s"


def test_what_is_expected_goes_on_from_what_has_begun():
    stage = StageProgress("train")
    stage.expect(20)
    stage.begin(10)
    stage.advance(10)
    stage.end()
    stage.expect(5)
    assert stage.total == 15
    stage.begin(10)
    assert stage.total == 20


def test_clusters_are_no_coins_and_many_coins_need_no_decimals(clock):
    for name, told in (
        ("contrast", "contrast: done in 0:00:01"),
        ("load", "load: done in 0:00:01, 50 coins/s"),
    ):
        stage = StageProgress(name, clock)
        stage.begin(50)
        pass_by(stage, clock, seconds=1, a_second=50)
        stage.end()
        assert str(stage) == told


def names(agenda):
    return [stage.name for stage in agenda.stages]


def do(agenda, name, total=1):
    stage = agenda.find(name)
    stage.begin(total)
    stage.advance(total)
    stage.end()


def test_stages_to_come_are_known_in_their_order():
    agenda = Agenda()
    agenda.plan(["ingest", "train", "load"])
    do(agenda, "ingest")
    agenda.plan(["train", "load"])  # said once more by a part of it
    assert names(agenda) == ["ingest", "train", "load"]


def test_a_stage_that_nobody_planned_comes_before_those_to_come():
    agenda = Agenda()
    agenda.plan(["ingest", "train", "load"])
    do(agenda, "ingest")
    do(agenda, "describe coins")
    assert names(agenda) == ["ingest", "describe coins", "train", "load"]


def test_what_is_passed_over_is_no_longer_to_come():
    agenda = Agenda()
    agenda.plan(["ingest", "train", "load", "publish"])
    do(agenda, "ingest")
    do(agenda, "load")
    assert [agenda.passed_over(stage) for stage in agenda.stages] == [False, True, False, False]


def test_planned_again_a_stage_that_is_over_begins_anew():
    agenda = Agenda()
    for _ in range(2):
        agenda.plan(["transform", "load"])
        do(agenda, "transform", 7)
        do(agenda, "load", 7)
        assert [stage.total for stage in agenda.stages] == [7, 7]
