import httpx
import pytest
from prefect.exceptions import PrefectHTTPStatusError

from tasks.running.server import is_of_server

REQUEST = httpx.Request("POST", "http://127.0.0.1/api/task_runs/")


def answered(code):
    """Return the error that Prefect makes of an answer."""
    try:
        httpx.Response(code, request=REQUEST, json={}).raise_for_status()
    except httpx.HTTPStatusError as error:
        return PrefectHTTPStatusError.from_httpx_error(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answered(503), True),
        (answered(500), True),
        (answered(404), False),
        (answered(422), False),
        (httpx.ConnectError("nobody listens", request=REQUEST), True),
        (httpx.ReadTimeout("no answer", request=REQUEST), True),
        (httpx.TooManyRedirects("in a circle", request=REQUEST), False),
    ],
)
def test_a_busy_server_and_one_that_is_away_are_told_from_one_that_refuses(error, expected):
    assert is_of_server(error) is expected
