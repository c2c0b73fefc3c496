"""Evidence that is made up: numbers as a network, its controls and a table of coins could give them."""

import numpy as np
import pandas as pd
import pytest

from coin_xai.claims.evidence import Evidence, RunEvidence
from coin_xai.claims.measurements import Sight

COINS, CLUSTERS = 120, 4
DONOR = (np.arange(COINS) + 1 + np.arange(COINS) // 2 % 2) % COINS
"""Whose canton each coin is given: in every second pair that of the next coin, else of the next but one."""
EVERYWHERE = (
    "horizontal bar",
    "vertical bar",
    "cross",
    "diagonal",
    "canton 1",
    "canton 2",
    "canton 3",
    "canton 4",
    "other canton 3",
)


def made_up(*, heat=None, cost=None, controls=None, coins=None, cluster=None, recognised=None, **known):
    """Make up evidence of 120 coins in four clusters in which nothing is to be found but what is given.

    Args:
        heat: by part, what is added to the network's ln density, in HiResCAM as in Grad-CAM.
        cost: by part, what the network's lead of 1 loses where it is hidden.
        controls: by source, what the lead of that control loses.
        coins: further columns of the table of coins.
        cluster: of each coin.
        recognised: whether each coin was, when it was held out.
        known: further fields of the evidence.
    """
    generator = np.random.default_rng(0)
    names = [f"coin {number}" for number in range(COINS)]
    parts = []
    for source in ("network", "untrained", "shuffled", "noise"):
        own = (heat or {}) if source == "network" else {}
        rows = {"coin_id": names, "source": source}
        for part in EVERYWHERE:
            noise = generator.normal(0, 0.1, COINS)
            rows[f"heat {part}"] = rows[f"second {part}"] = own.get(part, 0) + noise
            lost = (cost or {}) if source == "network" else (controls or {}).get(source, {})
            rows[f"lead {part}"] = 1 - lost.get(part, 0) + generator.normal(0, 0.1, COINS)
        rows |= {
            "lead": 1.0,
            "right": 1.0,
            "right turned": 0.0,
            "right blur": 0.75,
            "right encoded again": 1.0,
            "donor": np.array(names)[DONOR],
        }
        parts.append(pd.DataFrame(rows))
    table = pd.DataFrame({"coin_id": names})
    for name in ("relief", "completeness", "sharpness", "lightness", "saturation", "framing", "background"):
        table[name] = generator.random(COINS)
    table["richness"] = generator.integers(1, 5, COINS).astype(float)
    for name, values in (coins or {}).items():
        table[name] = values
    run = RunEvidence(
        np.arange(COINS) % CLUSTERS if cluster is None else cluster,
        np.ones(COINS) if recognised is None else recognised,
        pd.concat(parts, ignore_index=True),
    )
    return Evidence(table, [run], **{"model": "cross", "sight": Sight(False, False), **known})


@pytest.fixture
def evidence():
    """Make up evidence."""
    return made_up
