import pytest

from coin_xai.mint import Issue
from storage.errors import RunBusyError
from storage.lock import holding
from storage.markers import MARKER, read_marker
from tasks.collection import open_pixels, usable_coins
from tasks.ingest import ingest
from tasks.photographs import view_orders
from tasks.photographs.view_orders import Finding, KeptChunk, ViewOrder
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.training.create_run import create_run, keep_photographs
from tests.written import make_old, written_since

COINS = 5


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of some photographs, at which nobody has looked, and its coins."""
    from coin_xai.deepcluster.options import TrainingOptions

    folder = tmp_path_factory.mktemp("orders")
    write_drawn_coins(folder / "coins", Issue(coins=COINS, types=2, seed=4, size_px=160))
    ingested = ingest.fn(folder / "coins", folder / "runs")
    options = TrainingOptions(k=2, width=1 / 16, batch_size=4)
    layout = create_run(ingested, options, folder=folder / "runs", name="run")
    keep_photographs(layout, ingested)
    return layout, usable_coins(layout)


@pytest.fixture
def order(run, request):
    """Coins that are to be found, in a chunk of their own."""
    layout, coins = run
    chunk = KeptChunk(layout.views / "found" / request.node.name, tuple("abcde"))
    return ViewOrder(layout.root, chunk, tuple(coins["sha256"]), Finding(1.0), ())


def files(chunk):
    return {path.name: path.read_bytes() for path in chunk.folder.iterdir()}


def test_a_process_that_has_the_order_alone_keeps_the_same_bytes(run, order):
    told = []
    assert order.keep(open_pixels(*run), told.append) == COINS
    assert sum(told) == COINS
    here = files(order.chunk)
    (order.chunk.folder / MARKER).unlink()
    assert order.keep_elsewhere() == COINS
    assert files(order.chunk) == here
    assert read_marker(order.chunk.folder)["facts"] == {"keys": list("abcde")}


def test_what_another_process_has_kept_meanwhile_is_not_done_again(order):
    assert order.keep_elsewhere() == COINS
    before = make_old(order.chunk.folder.iterdir())
    assert order.keep_elsewhere() == 0
    assert not written_since(before)


def test_what_another_process_is_at_is_waited_for(order, monkeypatch):
    monkeypatch.setattr(view_orders, "SECONDS_TO_END_A_CHUNK", 0)
    with holding(order.chunk.lock), pytest.raises(RunBusyError, match="is being worked on by process"):
        order.keep_elsewhere()
    assert not order.chunk.folder.exists()
