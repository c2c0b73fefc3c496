"""Which coins of a cluster are typical of it: those of which most is explained."""

import pandas as pd


def typical_first(coins: pd.DataFrame) -> pd.DataFrame:
    """Return the coins ordered by the score of their cluster, the highest first; equal ones by coin_id.

    The score is what maps explain. A coin near the centre of its cluster may have little of it.

    Args:
        coins: one row a coin: coin_id, score.
    """
    return coins.sort_values(["score", "coin_id"], ascending=[False, True], kind="stable")
