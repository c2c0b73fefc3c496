"""What there is to say of each cluster as a whole."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.evidence.cluster_maps import mean_map, radial_profile
from coin_xai.evidence.photo_audit import standing

NEAREST = 5


def cluster_table(
    coins: pd.DataFrame,
    *,
    cams: npt.NDArray[np.floating],
    quality: pd.DataFrame,
    features: npt.NDArray[np.floating],
    alike: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Return one row a cluster, by its id.

    Args:
        coins: one row a coin: cluster, class_index, no_positive_evidence, distance, margin, and stability
            where it is known.
        cams: their maps, raw (N x h x w).
        quality: the measures of their photographs, in the same order.
        features: as k-means saw them (N x d).
        alike: which coins lie like most of their cluster (N); only their maps go into its mean.

    Returns:
        cluster, class_index, size, no_positive_evidence, `mean_of` (how many coins lie alike), and as
        objects: `mean_map` (h x w, zero where `mean_of` is 0), `profile` of it (from the centre to the rim),
        `standing` (deviation by measure), `nearest` (pairs of a cluster and the cosine between both means);
        and `stability`, the mean of its coins, where known.
    """
    cluster = coins["cluster"].to_numpy()
    groups = coins.groupby("cluster", as_index=False)
    table = groups.agg(
        class_index=("class_index", "first"),
        size=("cluster", "size"),
        no_positive_evidence=("no_positive_evidence", "sum"),
    )
    if "stability" in coins:
        table["stability"] = groups.agg(stability=("stability", "mean"))["stability"]
    ids = table["cluster"].to_numpy()
    means = [_mean(cams[(cluster == one) & alike], cams.shape[1:]) for one in ids]
    deviations = standing(quality, cluster)
    near = nearest_clusters(features, cluster)
    return table.assign(
        mean_of=[int(alike[cluster == one].sum()) for one in ids],
        mean_map=pd.Series(means, dtype=object),
        profile=pd.Series([radial_profile(mean) for mean in means], dtype=object),
        standing=pd.Series([deviations.loc[one].to_dict() for one in ids], dtype=object),
        nearest=pd.Series([near[int(one)] for one in ids], dtype=object),
    )


def _mean(cams: npt.NDArray[np.floating], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    return mean_map(cams) if len(cams) else np.zeros(shape)


def nearest_clusters(
    features: npt.NDArray[np.floating], cluster: npt.NDArray[np.int64]
) -> dict[int, list[tuple[int, float]]]:
    """Return for each cluster the NEAREST others, the nearest first, with the cosine between both means.

    Args:
        features: as k-means saw them (N x d).
        cluster: of each coin (N).
    """
    ids = np.unique(cluster)
    means = np.stack([features[cluster == one].mean(axis=0) for one in ids])
    rows = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    alike = rows @ rows.T
    np.fill_diagonal(alike, -np.inf)
    order = np.argsort(-alike, axis=1, kind="stable")[:, : min(NEAREST, len(ids) - 1)]
    return {
        int(ids[row]): [(int(ids[other]), float(alike[row, other])) for other in others]
        for row, others in enumerate(order)
    }
