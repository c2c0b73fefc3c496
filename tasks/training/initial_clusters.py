"""What a training starts from that was made elsewhere: vectors of the coins, or their clusters."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.catalogue.given import GivenClusters, read_clusters, read_vectors
from coin_xai.deepcluster.fixed_clusters import FixedClusters, given_clusters
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from storage.runs import Identity

log = logging.getLogger(__name__)

FEATURES, ASSIGNMENTS = "--features", "--init-assignments"
SHOWN_DIGITS = 12


@dataclass(frozen=True)
class InitialClusters:
    """Vectors or clusters of the usable coins, by coin_id; or neither."""

    vectors: npt.NDArray[np.float32] | None = None
    clusters: GivenClusters | None = None

    def identity(self) -> dict[str, str]:
        """Return hashes that stand for the contents, wherever they lie and in whatever form."""
        found = {}
        if self.vectors is not None:
            found["features"] = _hash(self.vectors)
        if self.clusters is not None:
            given = self.clusters
            sure = () if given.stability is None else given.stability
            found["init_assignments"] = _hash(
                given.cluster, np.array(given.names or (), dtype=np.str_), np.array(sure, dtype=np.float32)
            )
        return found

    def completed(self, options: TrainingOptions) -> TrainingOptions:
        """Return the options with what follows from the contents, and without paths.

        Raises:
            OptionError: the options say something else.
        """
        known: dict[str, str | None] = {"init_weights": None, "features": None, "init_assignments": None}
        for flag, way, given in ((FEATURES, "features", self.vectors), (ASSIGNMENTS, "given", self.clusters)):
            if given is None and options.clustering == way:
                raise OptionError(f"--clustering {way} needs a file: give it with {flag}")
            if given is not None and options.clustering not in (None, way, "kmeans"):
                raise OptionError(
                    f"--clustering {options.clustering} makes no use of {flag}: leave one of them out, or "
                    "give --clustering kmeans, which begins with it"
                )
            if given is not None and options.clustering is None:
                known["clustering"] = way
        if self.clusters is None:
            return options.model_copy(update=known)
        k = int(self.clusters.cluster.max()) + 1
        # A form posts the usual k even where nobody has thought of it.
        if options.k not in (k, TrainingOptions.model_fields["k"].default):
            raise OptionError(
                f"the table of {ASSIGNMENTS} has {k} clusters, and k is {options.k}: leave --k out"
            )
        if options.k != k:
            log.info("k is %d, as many clusters as the table of %s has", k, ASSIGNMENTS)
        return options.model_copy(update={**known, "k": k})

    def hand_over(self, beforehand: FixedClusters) -> None:
        """Let a training find or take its clusters in these."""
        if self.vectors is not None:
            beforehand.take_vectors(self.vectors)
        if self.clusters is not None:
            given = self.clusters
            beforehand.take_clusters(
                given_clusters(given.cluster, names=given.names, stability=given.stability)
            )


def read_initial_clusters(
    coins: pd.DataFrame, *, features: Path | None, init_assignments: Path | None
) -> InitialClusters:
    """Return what one of two files gives, if one is named.

    Args:
        coins: the usable coins, by coin_id.
        features: a table with a vector a coin.
        init_assignments: a table with the cluster of each coin.

    Raises:
        OptionError: a file is not there, or both are given.
        CatalogueError: a file is no such table, or does not give every coin what it should.
    """
    if features is not None and init_assignments is not None:
        raise OptionError(f"{FEATURES} and {ASSIGNMENTS} exclude each other: give one of them")
    if features is not None:
        return InitialClusters(vectors=read_vectors(_content(features, FEATURES), coins, name=str(features)))
    if init_assignments is not None:
        content = _content(init_assignments, ASSIGNMENTS)
        return InitialClusters(clusters=read_clusters(content, coins, name=str(init_assignments)))
    return InitialClusters()


def require_same(given: InitialClusters, identity: Identity) -> None:
    """Do nothing if what a training is to start from is what its run was begun with.

    Raises:
        OptionError: it is something else.
    """
    for name, flag in (("features", FEATURES), ("init_assignments", ASSIGNMENTS)):
        wanted = identity.get(name)
        if wanted != given.identity().get(name):
            raise OptionError(
                f"the run starts from content with the SHA-256 {str(wanted)[:SHOWN_DIGITS]}..., and other "
                f"content or none was given: say where it is with {flag}"
            )


def _content(file: Path, flag: str) -> bytes:
    if not file.is_file():
        raise OptionError(f"the file {file} is not there ({flag})")
    return file.read_bytes()


def _hash(*arrays: npt.NDArray[np.generic]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.kind)).encode())
        digest.update("\0".join(array).encode() if array.dtype.kind == "U" else array.tobytes())
    return digest.hexdigest()
