"""Which coins of a cluster are typical of it: those of which most is explained, and truly so."""

import pandas as pd


def typical_first(coins: pd.DataFrame) -> pd.DataFrame:
    """Return the coins ordered by the score of their cluster, the highest first; equal ones by coin_id.

    The score is what maps explain. A network also gives coins a high one that it has only memorised, so those
    come last that were not recognised when they were held out, where that is known.

    Args:
        coins: one row a coin: coin_id, score, and `recognised` where it is known.
    """
    order = {"score": False, "coin_id": True}
    if "recognised" in coins:
        order = {"recognised": False, **order}
    return coins.sort_values(list(order), ascending=list(order.values()), kind="stable")
