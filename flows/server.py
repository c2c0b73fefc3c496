"""Prefect servers: whether there is one to run flows on, and one of our own on this machine."""

import os
import sys
import urllib.error
import urllib.request
from typing import NoReturn

import click

SECONDS_TO_ANSWER = 60
"""As many as Prefect's own client waits. Where nothing listens, that is known at once."""
LOOPBACK = "127.0.0.1"
PORT = 4200


def runs_on_server() -> bool:
    """Tell whether a Prefect server is configured.

    Raises:
        UsageError: one is configured but does not answer.
    """
    from prefect.settings import get_current_settings  # a second of imports, which `--help` does not need

    url = get_current_settings().api.url
    if not url:
        return False
    try:
        urllib.request.urlopen(f"{url}/health", timeout=SECONDS_TO_ANSWER).close()
    except (urllib.error.URLError, OSError) as error:
        raise click.UsageError(
            f"PREFECT_API_URL is {url}, but no Prefect server answers there ({error}); start it, "
            "or unset PREFECT_API_URL to run without"
        ) from error
    return True


def serve_prefect(*, port: int = PORT) -> NoReturn:
    """Become a Prefect server on this machine, for this machine alone, until it is stopped."""
    address = f"http://{LOOPBACK}:{port}/api"
    environment = {
        "PREFECT_SERVER_UI_API_URL": address,  # otherwise the page asks port 4200, whatever the port
        "PREFECT_API_URL": address,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "DO_NOT_TRACK": "1",
        **os.environ,
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    # In place of this process, so that whoever stops it stops the server.
    os.execve(sys.executable, command, environment)
