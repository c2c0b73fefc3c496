"""Which photographs an epoch learns from: every cluster equally often."""

import numpy as np
import numpy.typing as npt


def sample_uniformly_over_clusters(
    cluster: npt.NDArray[np.int64], n_samples: int, *, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return positions of photographs, each non-empty cluster with the same share, shuffled (n_samples).

    This is what Caron et al. describe. Their code draws positions in one order and looks them up in
    another, so that it samples nearly by cluster size; here position i is photograph i. A cluster
    larger than its share is drawn without replacement, a smaller one with.
    """
    members = [np.flatnonzero(cluster == one) for one in np.unique(cluster)]
    share = n_samples // len(members) + 1
    drawn = [generator.choice(group, share, replace=len(group) <= share) for group in members]
    return generator.permutation(np.concatenate(drawn))[:n_samples]
