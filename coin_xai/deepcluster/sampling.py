"""Which photographs an epoch learns from: every cluster equally often, or as the published code does."""

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]


def sample_uniformly_over_clusters(
    cluster: Positions, n_samples: int, *, generator: np.random.Generator
) -> Positions:
    """Return positions of photographs, each non-empty cluster with the same share, shuffled (n_samples).

    This is what Caron et al. describe. A cluster larger than its share is drawn without replacement, a
    smaller one with.
    """
    return _draw(_members(cluster), n_samples, generator)


def sample_as_published(cluster: Positions, n_samples: int, *, generator: np.random.Generator) -> Positions:
    """Return positions of photographs as the published code draws them (n_samples).

    It draws positions of photographs in the order of the folder, each cluster with the same share, but looks
    them up in a list that is in the order of the clusters. Photograph and label still belong together; the
    weights go to unrelated photographs, so that clusters are seen nearly by their size.
    """
    members = _members(cluster)
    in_cluster_order: Positions = np.concatenate(members)
    return in_cluster_order[_draw(members, n_samples, generator)]


def _members(cluster: Positions) -> list[Positions]:
    return [np.flatnonzero(cluster == one) for one in np.unique(cluster)]


def _draw(members: list[Positions], n_samples: int, generator: np.random.Generator) -> Positions:
    share = n_samples // len(members) + 1
    drawn = [generator.choice(group, share, replace=len(group) <= share) for group in members]
    return generator.permutation(np.concatenate(drawn))[:n_samples]
