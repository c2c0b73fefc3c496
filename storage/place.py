"""Where runs are kept: a folder, or the address of an object store."""

import re

URL = re.compile(r"[a-z][a-z0-9+.-]*://")


def is_url(place: object) -> bool:
    """Tell whether a place is the address of an object store and not a folder."""
    return isinstance(place, str) and URL.match(place) is not None
