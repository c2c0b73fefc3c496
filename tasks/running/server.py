"""Whether the Prefect server that is configured can be spoken to just now."""

import urllib.error
import urllib.request

import httpx
from prefect.settings import get_current_settings

SECONDS_TO_ANSWER = 1.0
"""What a server that is away may cost the work at most."""


def server_answers() -> bool:
    """Tell whether the Prefect server that is configured answers within a second."""
    url = get_current_settings().api.url
    try:
        urllib.request.urlopen(f"{url}/health", timeout=SECONDS_TO_ANSWER).close()
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return True


def is_of_server(error: httpx.HTTPError) -> bool:
    """Tell whether a request failed because the server is away, or too busy as with SQLite (503)."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
    return isinstance(error, httpx.TransportError)
