"""What a Prefect server is told of the work, sent from the side: a server that is away holds nothing up.

A report replaces one of the same key that is still waiting, so that after an outage the server hears the last
state and not every one before it.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import NamedTuple

log = logging.getLogger(__name__)

SECONDS_BETWEEN_TRIES = 2.0
SECONDS_TO_ANSWER = 10.0


class _Report(NamedTuple):
    send: Callable[[], object]
    context: Context


class Reporter:
    """Sends reports one after the other in a thread of its own."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting: dict[Hashable, _Report] = {}
        self._sending = False
        self._failing = False
        self._thread: threading.Thread | None = None

    def report(self, key: Hashable, send: Callable[[], object]) -> None:
        """Have something sent; never waits and never raises.

        Args:
            key: of the report; it replaces one of the same key that has not been sent yet.
            send: sends it, in the context of the caller; is called again if it raises.
        """
        with self._change:
            self._waiting[key] = _Report(send, copy_context())
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send_on, name="reports", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def settle(self, *, patience_s: float) -> bool:
        """Wait until all is sent, and tell whether it is; gives up once the patience has run out."""
        with self._change:
            return self._change.wait_for(lambda: not (self._waiting or self._sending), timeout=patience_s)

    def _send_on(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: bool(self._waiting))
                key = next(iter(self._waiting))
                report = self._waiting.pop(key)
                self._sending = True
            failed = not report.context.run(self._sent, report.send)
            with self._change:
                if failed:
                    # To the end, behind the others; unless a newer one has come meanwhile.
                    self._waiting.setdefault(key, report)
                self._sending = False
                self._change.notify_all()
                if failed:
                    self._change.wait(SECONDS_BETWEEN_TRIES)

    def _sent(self, send: Callable[[], object]) -> bool:
        # Late: processes that train together have nothing to report, and start without Prefect.
        from prefect.settings import (
            PREFECT_API_REQUEST_TIMEOUT,
            PREFECT_CLIENT_MAX_RETRIES,
            temporary_settings,
        )

        # Prefect's own tries would keep what is newer waiting for a minute.
        quick = {PREFECT_CLIENT_MAX_RETRIES: 0, PREFECT_API_REQUEST_TIMEOUT: SECONDS_TO_ANSWER}
        try:
            with temporary_settings(quick), _client_of_its_own():
                send()
        except Exception as error:
            if _is_refusal(error):
                log.warning("the Prefect server refused what it was told of the work (%s)", error)
                return True
            if not self._failing:
                log.warning(
                    "the Prefect server cannot be told how far the work is (%s: %s); the work goes on, and "
                    "the server hears of the last state once it answers",
                    type(error).__name__,
                    error,
                )
            self._failing = True
            return False
        self._failing = False
        return True


@contextmanager
def _client_of_its_own() -> Iterator[None]:
    """Do not use the client that Prefect shares in the context of a flow run.

    It ends with the run, perhaps before the report is sent. It tries for a minute, whatever `quick` says. And
    it counts its users without a lock, so that a second thread may close it for the first.
    """
    from prefect.context import SyncClientContext

    if SyncClientContext.get() is None:
        yield
        return
    shared = SyncClientContext.__var__.set(None)  # type: ignore[arg-type]
    try:
        with SyncClientContext():
            yield
    finally:
        SyncClientContext.__var__.reset(shared)


def _is_refusal(error: Exception) -> bool:
    """Tell whether a server answered that it will never take it, for example what is about a deleted run."""
    import httpx
    from prefect.exceptions import ObjectNotFound

    if isinstance(error, ObjectNotFound):
        return True
    if not isinstance(error, httpx.HTTPStatusError):
        return False
    code = error.response.status_code
    return code < 500 and code not in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)


_reporter = Reporter()
report, settle = _reporter.report, _reporter.settle
