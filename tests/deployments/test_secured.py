"""The server of `coin-xai server`: who may speak to it, and from where."""

import base64
import socket
import urllib.error
import urllib.request

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)

from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow

PASSWORD = "museum:a-password-of-the-tests"
SECURED = {
    "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_SERVER_API_HOST": "0.0.0.0",  # even so it listens on loopback alone
}


@flow
def count_coins(coins: int) -> int:
    return coins


def status(address, *, method="GET", headers=None):
    """Return the status code of an answer of the server."""
    request = urllib.request.Request(
        address,
        method=method,
        data=b"{}" if method == "POST" else None,
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def basic(password):
    return {"Authorization": f"Basic {base64.b64encode(password.encode()).decode()}"}


def test_with_a_password_only_who_has_it_is_served_and_pages_of_others_cannot_ask(another_server):
    with another_server(**SECURED) as server:
        assert only_on_loopback(server)
        settings = f"{server}/admin/settings"
        assert status(settings) == 401
        assert status(settings, headers=basic("museum:guessed")) == 401
        assert status(settings, headers=basic(PASSWORD)) == 200
        assert status(f"{server}/health") == 200
        # The password alone: what a browser would send along with the request of a foreign page.
        assert status(f"{server}/flow_runs/filter", method="POST", headers=basic(PASSWORD)) == 403

        allowed = {PREFECT_API_URL: server, PREFECT_API_AUTH_STRING: PASSWORD}
        with temporary_settings({**allowed, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            state = count_coins(7, return_state=True)
            assert state.result() == 7
            with get_client(sync_client=True) as client:
                (run,) = client.read_flow_runs()
            assert run.state.name == "Completed"


def addresses_of_this_machine():
    """Return addresses that this machine answers at besides 127.0.0.1."""
    found = {"127.0.0.2"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; tells which address would be used
            found.add(probe.getsockname()[0])
        except OSError:
            pass  # a machine without a network
    return found - {"127.0.0.1"}


def only_on_loopback(server):
    port = int(server.removesuffix("/api").rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S).close()
    for address in addresses_of_this_machine():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port), timeout=PATIENCE_S)
    return True


def test_nothing_listens_beyond_loopback(server_address):
    assert only_on_loopback(server_address)
