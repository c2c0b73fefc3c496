"""Whether the Prefect server that is configured can be spoken to just now."""

import urllib.error
import urllib.request

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
