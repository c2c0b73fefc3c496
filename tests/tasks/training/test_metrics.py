import pytest

from storage.layout import RunLayout
from storage.tables import read_frame
from tasks.training.metrics import Metrics, records


@pytest.fixture
def layout(tmp_path):
    return RunLayout(tmp_path / "run")


def row(epoch, **figures):
    return {"epoch": epoch, "kmeans_seed": 2**31 - 2, "ami_to_previous": None, "loss": None, **figures}


def test_rows_survive_with_every_digit(layout):
    loss = 0.1 + 0.2 / 3
    Metrics(layout).keep(row(0, loss=loss))
    Metrics(layout).keep(row(1, loss=loss / 7, ami_to_previous=1 / 3))
    first, second = Metrics(layout).rows(until=9)
    assert first == row(0, loss=loss)
    assert second == row(1, loss=loss / 7, ami_to_previous=1 / 3)


def test_reading_and_writing_again_changes_no_byte(layout):
    Metrics(layout).keep(row(0, loss=1 / 3))
    Metrics(layout).keep(row(1, loss=1 / 7))
    before = layout.metrics.read_bytes()
    Metrics(layout).keep(row(1, loss=1 / 7))
    assert layout.metrics.read_bytes() == before


def test_an_epoch_done_again_keeps_its_one_row_and_the_later_ones(layout):
    metrics = Metrics(layout)
    for epoch in range(4):
        metrics.keep(row(epoch, loss=1.0 + epoch))
    Metrics(layout).keep(row(1, loss=2.0))
    assert [one["epoch"] for one in Metrics(layout).rows(until=9)] == [0, 1, 2, 3]
    assert [one["epoch"] for one in Metrics(layout).rows(until=1)] == [0, 1]


def test_the_row_of_one_epoch_is_empty_where_there_is_none(layout):
    metrics = Metrics(layout)
    assert metrics.row(0) == {}
    for epoch in (1, 3):
        metrics.keep(row(epoch, loss=1.0 + epoch))
    assert metrics.row(1) == row(1, loss=2.0)
    assert metrics.row(2) == {}


def test_the_end_of_a_training_and_the_epoch_after_it_share_a_row(layout):
    end, learnt = row(2, head_fit=0.99), row(2, loss=1.5)
    for order in ((end, learnt), (learnt, end)):
        for one in order:
            Metrics(layout).keep(one)
        assert Metrics(layout).rows(until=2) == [row(2, loss=1.5, head_fit=0.99)]
        layout.metrics.unlink()


def test_what_is_counted_is_whole_though_some_epochs_lack_it(layout):
    Metrics(layout).keep(row(0, dimensions=None))
    Metrics(layout).keep(row(1, dimensions=256))
    table = read_frame(layout.metrics)
    assert table["dimensions"].dtype == float  # a column with a gap, as tables are read
    assert [str(one["dimensions"]) for one in records(table)] == ["None", "256"]
    assert [one["epoch"] for one in records(table.drop(columns="dimensions"))] == [0, 1]
