"""Which photograph each image of a cluster log is, in a folder that may have moved since."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.catalogue.matching import rows_by_file
from coin_xai.catalogue.wording import printable, some
from storage.legacy import ClusterLog, LegacyError, image_folder
from storage.legacy.partition import Positions

log = logging.getLogger(__name__)


def locate(cluster_log: ClusterLog, coins: pd.DataFrame, images: Path, *, runs: Path) -> Positions:
    """Return, for each image of a log, the row of its photograph in a table of coins (N).

    Only photographs that stand in the table of coins, hence in the folder, are ever found: a path of the log
    is compared with theirs, and never opened.

    Args:
        cluster_log: of N images.
        coins: as ingested from the folder.
        images: the folder.
        runs: the folder of the runs, which may lie inside of it.

    Raises:
        LegacyError: an image has no photograph or several, or a photograph has several images.
    """
    if cluster_log.paths is None:
        rows = _by_order(cluster_log.n_images, coins, images.resolve(), runs.resolve())
        paths = tuple(coins["path"].iloc[rows])
    else:
        paths = tuple(printable(path) for path in cluster_log.paths)
        rows = _by_path(paths, coins)
    left_out = coins.drop(index=coins.index[rows])["path"]
    if len(left_out):
        log.warning("%d photographs are not in the cluster log: %s", len(left_out), some(left_out))
    return rows


def _by_order(n_images: int, coins: pd.DataFrame, images: Path, runs: Path) -> Positions:
    """Find the photographs of a log that counts images in the order of their folder."""
    order = [printable(path) for path in image_folder(images, apart_from=runs)]
    if len(order) != n_images:
        raise LegacyError(
            f"rule 'the folder has as many images as the log': {images} has {len(order)} in its class "
            f"folders and the cluster log {n_images}; give the folder as it was when the network was trained"
        )
    log.warning(
        "the cluster log has no paths: its images are taken to be those of %s in the order of their names, "
        "as current versions of torchvision list them. Old ones took the order of the file system; if the "
        "head knows no more of the clusters than chance, that is why",
        images,
    )
    position = pd.Series(np.arange(len(coins)), index=coins["path"])
    _refuse_missing([path for path in order if path not in position.index], images)
    places: npt.NDArray[np.int64] = position[order].to_numpy(np.int64)
    return places


def _by_path(paths: tuple[str, ...], coins: pd.DataFrame) -> Positions:
    """Find the photographs of a log by the trailing parts of its paths, which another machine wrote."""
    matches = rows_by_file(coins, pd.Series(paths, dtype=object))
    photographs: list[list[int]] = [[] for _ in paths]
    for position, images in enumerate(matches):
        for image in images:
            photographs[image].append(position)
    _refuse_missing([path for path, found in zip(paths, photographs, strict=True) if not found], None)
    for path, found in zip(paths, photographs, strict=True):
        if len(found) > 1:
            raise LegacyError(
                f"rule 'one photograph per path': {path} of the cluster log fits "
                f"{some(coins['path'].iloc[found])}; give the folder that the log was made of, without copies"
            )
    doubled = next((position for position, images in enumerate(matches) if len(images) > 1), None)
    if doubled is not None:
        raise LegacyError(
            f"rule 'every coin once': {coins['path'].iloc[doubled]} is meant by "
            f"{some(paths[image] for image in matches[doubled])} of the cluster log; leave one of them"
        )
    return np.array([found[0] for found in photographs], dtype=np.int64)


def _refuse_missing(paths: list[str], images: Path | None) -> None:
    if paths:
        where = "the folder of photographs" if images is None else str(images)
        raise LegacyError(
            f"rule 'every file is there': {len(paths)} images of the cluster log are no photographs in "
            f"{where} that coin-xai reads: {some(paths)}; give the folder with all of them (--images), as "
            "JPEG, PNG, TIFF, WebP or BMP"
        )
