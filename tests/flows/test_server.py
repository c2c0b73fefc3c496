import socket

import click
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.server import runs_on_server


def test_without_a_configured_server_there_is_none():
    assert not runs_on_server()


@pytest.mark.usefixtures("server")
def test_a_configured_server_that_answers_is_used():
    assert runs_on_server()


def test_a_configured_server_that_does_not_answer_is_an_error_that_names_it():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        with temporary_settings({PREFECT_API_URL: address}), pytest.raises(click.UsageError) as caught:
            runs_on_server()
    assert address in caught.value.message
    assert "unset PREFECT_API_URL" in caught.value.message
