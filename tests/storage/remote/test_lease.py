import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from storage.errors import DamagedError, PlaceError, RunBusyError
from storage.remote import lease as leases
from storage.remote.lease import leasing
from tests.waiting import PATIENCE_S, wait_until

LAST = ".store/lease/00000001.json"


def shift(remote, name, seconds):
    """Let a lease end so many seconds from now."""
    content = json.loads(remote.read(name))
    content["until"] = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    remote.write(name, json.dumps(content).encode())


def test_the_second_one_is_told_at_once_who_holds_the_run(remote):
    with leasing(remote, "first") as lease:
        lease.require()
        with (
            pytest.raises(RunBusyError, match=r"is being worked on by process \d+ on .* since 20"),
            leasing(remote, "second"),
        ):
            pass
    with leasing(remote, "second"):
        pass


def test_of_many_at_once_one_gets_it(remote):
    start, end = (threading.Barrier(8, timeout=PATIENCE_S) for _ in range(2))
    held = []

    def take(copy):
        start.wait()
        try:
            with leasing(remote, copy) as lease:
                held.append(lease.number)
                end.wait()
        except RunBusyError:
            end.wait()

    for _ in range(3):
        threads = [threading.Thread(target=take, args=(str(number),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert held == [1, 2, 3]
    assert len(remote.sizes(".store/lease")) == 1


def test_what_a_dead_machine_held_is_free_after_a_while(remote, monkeypatch):
    monkeypatch.setattr(leases, "CLOCKS_DIFFER_S", 2 * PATIENCE_S)
    remote.write(LAST, json.dumps({"copy": "dead", "holder": "process 1 on dead", "until": "?"}).encode())
    shift(remote, LAST, PATIENCE_S - leases.CLOCKS_DIFFER_S)
    with (
        pytest.raises(RunBusyError, match=r"process 1 on dead.* the run is free in \d+ s"),
        leasing(remote, "me"),
    ):
        pass
    shift(remote, LAST, -leases.CLOCKS_DIFFER_S - 1)
    with leasing(remote, "me") as lease:
        assert lease.number == 2
    assert list(remote.sizes(".store/lease")) == [".store/lease/00000002.json"]


def test_the_same_working_copy_takes_over_from_its_own_killed_process(remote):
    remote.write(LAST, json.dumps({"copy": "mine", "holder": "process 1", "until": "?"}).encode())
    shift(remote, LAST, 1000)
    with leasing(remote, "mine") as lease:
        assert lease.number == 2


def test_who_holds_on_stays_the_holder(remote, monkeypatch):
    monkeypatch.setattr(leases, "RENEWED_EVERY_S", 0.01)
    with leasing(remote, "me") as lease:
        before = remote.read(LAST)
        wait_until(lambda: remote.read(LAST) != before, "a renewal")
        lease.require()


def test_who_was_silent_too_long_learns_that_another_took_over(remote):
    with leasing(remote, "slow") as slow:
        shift(remote, LAST, -leases.CLOCKS_DIFFER_S - 1)
        with leasing(remote, "quick") as quick:
            with pytest.raises(RunBusyError, match="taken over by another process"):
                slow.renew()
            with pytest.raises(RunBusyError, match="run the same command again"):
                slow.require()
            quick.renew()
            quick.require()
    with leasing(remote, "next") as lease:
        assert lease.number == 3


def test_who_cannot_renew_gives_up_before_another_may_take_over(remote):
    with leasing(remote, "me") as lease:
        lease.renewed -= leases.HELD_S + 1
        with pytest.raises(RunBusyError, match="could not be held on to"):
            lease.require()


def test_a_store_without_conditional_writes_is_refused(remote, monkeypatch):
    def create(self, name, content):
        self.write(name, content)
        return True

    monkeypatch.setattr(type(remote), "create", create)
    with pytest.raises(PlaceError, match="If-None-Match"), leasing(remote, "me"):
        pass


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"holder": 1, "until": "soon"}', b'{"holder": 1, "until": 5}']
)
def test_a_lease_that_cannot_be_read_is_named(remote, content):
    remote.write(LAST, content)
    with (
        pytest.raises(DamagedError, match=r"00000001\.json cannot be read; remove it"),
        leasing(remote, "me"),
    ):
        pass
