"""Which photograph each image of a cluster log is, in a folder that may have moved since."""

import logging
from itertools import takewhile
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.catalogue.matching import rows_by_file
from coin_xai.catalogue.wording import count, printable, some
from storage.legacy.cluster_log import ClusterLog
from storage.legacy.errors import LegacyError
from storage.legacy.image_folder import image_folder
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
        rows = _by_path(paths, coins, images)
    left_out = coins.drop(index=coins.index[rows])["path"]
    if len(left_out):
        photographs = count(len(left_out), "photograph is", "photographs are")
        log.warning("%s not in the cluster log: %s", photographs, some(left_out))
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


def _by_path(paths: tuple[str, ...], coins: pd.DataFrame, folder: Path) -> Positions:
    """Find the photographs of a log by the trailing parts of its paths, which another machine wrote."""
    matches = rows_by_file(coins, pd.Series(paths, dtype=object))
    photographs: list[list[int]] = [[] for _ in paths]
    for position, images in enumerate(matches):
        for image in images:
            photographs[image].append(position)
    missing = [path for path, found in zip(paths, photographs, strict=True) if not found]
    if missing:
        deeper = _subfolder_with_all(paths, coins)
        if deeper is not None:
            raise LegacyError(
                f"rule 'every file is there': {count(len(missing), 'image')} of the cluster log cannot be "
                f"told in {folder}, and all are in {folder / deeper}: give that folder (--images)"
            )
    _refuse_missing(missing, None)
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


def _subfolder_with_all(paths: tuple[str, ...], coins: pd.DataFrame) -> PurePosixPath | None:
    """Return the folder, within that of the photographs, that begins where the paths of a log do."""
    wanted = _parts(paths[0])
    photographs = [_parts(path) for path in coins["path"]]
    fits = {
        own[: len(own) - _alike_at_the_end(own, wanted)] for own in photographs if own[-1:] == wanted[-1:]
    }
    for folder in sorted(fits - {()}, key=len):
        inside = [own[len(folder) :] for own in photographs if own[: len(folder)] == folder]
        there = pd.DataFrame({"path": ["/".join(own) for own in inside]})
        found = {row for rows in rows_by_file(there, pd.Series(paths, dtype=object)) for row in rows}
        if len(found) == len(paths):
            return PurePosixPath(*folder)
    return None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.replace("\\", "/").split("/") if part)


def _alike_at_the_end(own: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = zip(reversed(own), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _refuse_missing(paths: list[str], images: Path | None) -> None:
    if paths:
        where = "the folder of photographs" if images is None else str(images)
        raise LegacyError(
            f"rule 'every file is there': {count(len(paths), 'image')} of the cluster log cannot be found in "
            f"{where} that coin-xai reads: {some(paths)}; give the folder with all of them (--images), as "
            "JPEG, PNG, TIFF, WebP or BMP"
        )
