"""The decoded photographs of a collection in a store, once for all runs of it.

A machine that does not have the photographs can so explain what another one has trained.

    <root>/pixels/<parameters>/<collection>.bin      the bytes of all arrays, by the hash of their photographs
    <root>/pixels/<parameters>/<collection>.json     what is in it, written last
"""

import hashlib
import json
import logging
import secrets
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from storage.atomic import TEMPORARY, explaining_full_disk
from storage.inventory import damages
from storage.pixel_cache import CHANNELS, INDEX, Array, PixelCache, read_pixels
from storage.remote.store import RemoteRun, is_record, reaching

log = logging.getLogger(__name__)

FACTS = ("height", "width", "crc32", "original_width", "original_height", "format")


def send_pixels(folder: Path, remote: RemoteRun, collection: str, sha256s: Iterable[str]) -> None:
    """Send the arrays of a collection of photographs, unless the store holds them.

    Args:
        folder: of the arrays on this machine.
        remote: of the arrays in the store.
        collection: a name of the photographs; the same photographs must have the same.
        sha256s: of all of them.

    Raises:
        MissingError: the array of a photograph is not on this machine.
    """
    if remote.read_json(f"{collection}.json") is not None:
        return
    ordered = sorted({*sha256s})
    data, offset, height, width = read_pixels(folder, ordered)
    index = pd.read_parquet(folder / INDEX).set_index("sha256").loc[ordered, list(FACTS)]
    digest = hashlib.sha256()
    with reaching(remote.url), remote.opened(f"{collection}.bin") as file:
        for start, size in zip(offset, height * width * CHANNELS, strict=True):
            content = data[start : start + size].tobytes()
            digest.update(content)
            file.write(content)
    marker = {
        "bytes": int((height * width * CHANNELS).sum()),
        "sha256": digest.hexdigest(),
        "arrays": json.loads(index.reset_index().to_json(orient="records")),
    }
    remote.write(f"{collection}.json", json.dumps(marker).encode())


def bring_pixels(folder: Path, remote: RemoteRun, collection: str, sha256s: Iterable[str]) -> None:
    """Bring the arrays of a collection that this machine lacks, if the store holds them whole.

    Raises:
        RunBusyError: another process decodes photographs for the same working copy.
        NoSpaceError: the disk is full.
    """
    index = folder / INDEX
    known = set(pd.read_parquet(index, columns=["sha256"])["sha256"]) if index.exists() else set()
    lacking = {*sha256s} - known
    marker = remote.read_json(f"{collection}.json") if lacking else None
    if marker is None:
        return
    arrays: Any = marker.get("arrays")
    if not is_record(marker) or not _fit(arrays, marker["bytes"]):
        log.warning("%s/%s.json is damaged; it is ignored", remote.url, collection)
        return
    with PixelCache.open(folder) as cache, explaining_full_disk(folder):
        path = folder / f"{TEMPORARY}{secrets.token_hex(4)}.bin"
        try:
            remote.fetch(f"{collection}.bin", path)
            wrong = damages(folder, [(path.name, marker)])
            if wrong:
                log.warning("the pixels in %s are damaged; it is as if they were not there", remote.url)
                return
            _append(cache, np.memmap(path, dtype=np.uint8, mode="r"), arrays, lacking)
        except FileNotFoundError:
            log.warning("%s/%s.bin is gone", remote.url, collection)
        finally:
            path.unlink(missing_ok=True)


def _append(cache: PixelCache, data: Any, arrays: list[Array], wanted: set[str]) -> None:
    start = 0
    for array in arrays:
        shape = (array["height"], array["width"], CHANNELS)
        pixels = np.asarray(data[start : start + _size(array)]).reshape(shape)
        start += pixels.size
        if array["sha256"] in wanted and zlib.crc32(pixels.tobytes()) == array["crc32"]:
            cache.append(
                array["sha256"],
                pixels,
                original_width=array["original_width"],
                original_height=array["original_height"],
                format=array["format"],
            )


def _fit(arrays: Any, size: int) -> bool:
    try:
        sides = [side for array in arrays for side in (array["height"], array["width"])]
        told = all(name in array for array in arrays for name in ("sha256", *FACTS))
        whole = all(type(side) is int and side > 0 for side in sides)
        return told and whole and sum(map(_size, arrays)) == size > 0
    except (KeyError, TypeError):
        return False


def _size(array: Array) -> int:
    return array["height"] * array["width"] * CHANNELS
