"""Whether there is a Prefect server to run flows on."""

import urllib.error
import urllib.request

import click
from prefect.settings import get_current_settings

SECONDS = 5


def runs_on_server() -> bool:
    """Tell whether a Prefect server is configured.

    Raises:
        UsageError: one is configured but does not answer.
    """
    url = get_current_settings().api.url
    if not url:
        return False
    try:
        urllib.request.urlopen(f"{url}/health", timeout=SECONDS).close()
    except (urllib.error.URLError, OSError) as error:
        raise click.UsageError(
            f"PREFECT_API_URL is {url}, but no Prefect server answers there ({error}); start it, "
            "or unset PREFECT_API_URL to run without"
        ) from error
    return True
