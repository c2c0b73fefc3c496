import logging
import threading

import httpx
import pytest
from prefect.exceptions import ObjectNotFound

from tasks.running import reports
from tasks.running.reports import Reporter

PATIENCE_S = 600


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(reports, "SECONDS_BETWEEN_TRIES", 0.0)


@pytest.fixture
def reporter():
    return Reporter()


def test_what_is_reported_is_sent_in_order(reporter):
    sent = []
    for number in range(3):
        reporter.report(number, lambda number=number: sent.append(number))
    assert reporter.settle(patience_s=PATIENCE_S)
    assert sent == [0, 1, 2]


def test_a_server_that_does_not_answer_holds_nobody_up_and_hears_of_the_last_state(reporter):
    begun, answers, sent = threading.Event(), threading.Event(), []

    def send(state):
        begun.set()
        assert answers.wait(PATIENCE_S)
        sent.append(state)

    reporter.report("progress", lambda: send("0 of 9"))
    assert begun.wait(PATIENCE_S)
    for state in ("1 of 9", "2 of 9"):
        reporter.report("progress", lambda state=state: send(state))
    assert not reporter.settle(patience_s=0.0)
    answers.set()
    assert reporter.settle(patience_s=PATIENCE_S)
    assert sent == ["0 of 9", "2 of 9"]


def test_what_fails_is_sent_again_and_warned_of_once(reporter, caplog):
    tries, others = [], []

    def send():
        tries.append(None)
        if len(tries) < 4:
            raise ConnectionError("away")

    with caplog.at_level(logging.WARNING, logger="tasks.running.reports"):
        reporter.report("progress", send)
        reporter.report("curves", lambda: others.append("sent"))
        assert reporter.settle(patience_s=PATIENCE_S)
    assert len(tries) == 4
    assert others == ["sent"]
    assert [record.getMessage().split(" (")[0] for record in caplog.records].count(
        "the Prefect server cannot be told how far the work is"
    ) in (1, 2)  # once more if the other report got through in between
    assert "ConnectionError: away" in caplog.text


def test_a_newer_report_takes_the_place_of_one_that_failed(reporter):
    sent, reached = [], threading.Event()

    def fail():
        reached.set()
        raise ConnectionError("away")

    reporter.report("progress", fail)
    assert reached.wait(PATIENCE_S)
    reporter.report("progress", lambda: sent.append("new"))
    assert reporter.settle(patience_s=PATIENCE_S)
    assert sent == ["new"]


def refusal(code):
    answer = httpx.Response(code, request=httpx.Request("PATCH", "http://127.0.0.1/api/flow_runs/deleted"))
    return httpx.HTTPStatusError(f"{code} for the run", request=answer.request, response=answer)


@pytest.mark.parametrize("error", [refusal(404), refusal(422), ObjectNotFound(refusal(404))])
def test_what_the_server_refuses_is_told_and_not_sent_again(reporter, caplog, error):
    tries = []

    def send():
        tries.append(None)
        raise error

    reporter.report("progress", send)
    assert reporter.settle(patience_s=PATIENCE_S)
    assert len(tries) == 1
    assert "the Prefect server refused what it was told of the work" in caplog.text


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_what_a_busy_server_does_not_take_is_sent_again(reporter, code):
    tries = []

    def send():
        tries.append(None)
        if len(tries) < 2:
            raise refusal(code)

    reporter.report("progress", send)
    assert reporter.settle(patience_s=PATIENCE_S)
    assert len(tries) == 2
