"""How much the photographs, rather than the coins, have to do with a partition."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.photographs.quality import MEASURES


def standing(quality: pd.DataFrame, cluster: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return how far each cluster's mean lies from that of all, in standard deviations of all coins.

    Args:
        quality: one row a coin, a column for each measure; NaN where it could not be measured.
        cluster: of each coin (N).

    Returns:
        One row a cluster, by its id; a column for each measure; 0 where all coins are the same.
    """
    values = quality[list(MEASURES)].astype(np.float64)
    spread = values.std(ddof=0)
    scaled = (values - values.mean()) / spread.where(spread > 0, np.inf)
    means = scaled.groupby(np.asarray(cluster)).mean().fillna(0.0)
    return means.rename_axis("cluster")


def explained_share(values: npt.NDArray[np.floating], cluster: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return which share of the variance of a measure the clusters explain, and which chance would.

    The share is the correlation ratio η². Clusters drawn at random explain (k - 1) / (N - 1) of it on
    average, which is not little where clusters are small.

    Args:
        values: of the measure (N); coins with NaN are left out.
        cluster: of each coin (N).
    """
    known = np.isfinite(values)
    numbers, groups = values[known].astype(np.float64), cluster[known]
    if len(numbers) < 2:
        return 0.0, 0.0
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    means = np.bincount(index, weights=numbers) / sizes
    total = ((numbers - numbers.mean()) ** 2).sum()
    between = (sizes * (means - numbers.mean()) ** 2).sum()
    share = float(between / total) if total > 0 else 0.0
    return share, (len(sizes) - 1) / (len(numbers) - 1)
