"""The clusters of the coins as JSON, for whoever writes a program."""

import json

from tasks.exporting.explained import ExplainedCoins


def assignments(explained: ExplainedCoins) -> bytes:
    """Return the cluster of each coin, by coin_id."""
    found = dict(zip(explained.coins["coin_id"], explained.coins["cluster"].tolist(), strict=True))
    return (json.dumps(found, indent=1, sort_keys=True) + "\n").encode()
