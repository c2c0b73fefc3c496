"""Ingest: a folder of photographs and a table become one table of coins and decoded pixels."""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from coin_xai.catalogue import catalogue, join_table, read_table
from coin_xai.catalogue.wording import count, some
from coin_xai.errors import CatalogueError, PhotographError
from coin_xai.photographs.doubts import DOUBTS, doubts
from coin_xai.photographs.photograph import DECODING_VERSION, Photograph, decode
from storage.atomic import write_frame
from storage.fingerprint import fingerprint
from storage.layout import collection_file, pixels_folder
from storage.pixel_cache import PixelCache
from tasks.photographs.folder import SUFFIXES, photographs_in
from tasks.running.progress import stage
from tasks.running.steps import step

log = logging.getLogger(__name__)

SHORT_SIDE_PX = 256
PIXELS_KEY = f"{DECODING_VERSION}-{SHORT_SIDE_PX}px"
DECODED_AT_ONCE = 64
SHOWN = 5
NOTE = "photograph_note"
"""Column of the table of coins: what speaks against a photograph that is taken all the same, else null."""


@dataclass(frozen=True)
class Ingested:
    """What was found in a folder.

    Attributes:
        images: the folder, absolute.
        folder: its name, fit for naming a run.
        table: file of the table of coins.
        fingerprint: of the usable photographs: their coins and contents.
        usable: number of them.
        broken: number of photographs that cannot be used.
    """

    images: Path
    folder: str
    table: Path
    fingerprint: str
    usable: int
    broken: int


@step(name="ingest")
def ingest(
    images: Path,
    runs: Path,
    *,
    coins: Path | None = None,
    file_column: str | None = None,
    id_column: str | None = None,
    name_pattern: str | None = None,
    max_broken_share: float = 0.1,
) -> Ingested:
    """Open every photograph once, keep its pixels for all runs, and write the table of coins.

    Raises:
        CatalogueError: there are no photographs, too many are broken, or names and table contradict.
    """
    root = images.resolve()
    if root == runs.resolve():
        raise CatalogueError(
            f"{images} cannot hold the photographs and the runs; choose another folder for --runs"
        )
    paths = photographs_in(root, apart_from=runs.resolve())
    if not paths:
        raise CatalogueError(f"{images} holds no photographs ({', '.join(SUFFIXES)}), at any depth")
    table = catalogue(paths, pattern=name_pattern)
    if coins is not None:
        table = _with_table(table, coins, file_column, id_column)
    with PixelCache.open(pixels_folder(runs, PIXELS_KEY)) as cache:
        rows = []
        with stage("ingest", len(table)) as advance:
            for row in _read_all(root, table, cache):
                rows.append(row)
                advance(1)
        columns = ["sha256", "width", "height", "format", "photograph_note", "error"]
        found = pd.DataFrame(rows, columns=columns, dtype=object)
        table = pd.concat(
            [table.drop(columns="error"), found.astype({"width": "Int64", "height": "Int64"})], axis=1
        )
        table["duplicate_of"] = _first_of_each(table)
        _report(table, max_broken_share)
        file = collection_file(runs, fingerprint([str(root), table.to_csv(index=False)]))
        # While the cache is held, so that who drops pixels that nothing uses knows that these are used.
        write_frame(file, table)
    usable = table[table["error"].isna()]
    return Ingested(
        images=root,
        folder=re.sub(r"[^\w.-]+", "_", root.name) or "photographs",
        table=file,
        fingerprint=fingerprint(usable[["coin_id", "sha256"]].to_numpy().tolist()),
        usable=len(usable),
        broken=len(table) - len(usable),
    )


def _with_table(
    table: pd.DataFrame, file: Path, file_column: str | None, id_column: str | None
) -> pd.DataFrame:
    if not file.is_file():
        raise CatalogueError(f"the table of coins {file} is not there (--coins)")
    rows = read_table(file.read_bytes(), name=str(file))
    joined, match = join_table(table, rows, file_column=file_column, id_column=id_column)
    log.info("the column %s of the table names the photographs", match.column)
    for names, text in (
        (
            match.photographs_without_row,
            ("photograph has no row in the table", "photographs have no row in the table"),
        ),
        (
            match.rows_without_photograph,
            ("row of the table has no photograph", "rows of the table have no photograph"),
        ),
    ):
        if names:
            log.warning(
                "%s (column %s): %s", count(len(names), *text), match.column, ", ".join(names[:SHOWN])
            )
    return joined


def _read_all(root: Path, table: pd.DataFrame, cache: PixelCache) -> Iterator[dict[str, str | int | None]]:
    """Yield what is known of each photograph, decoding only contents that the cache does not hold."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        # Never more decoded photographs in memory than a few dozen.
        for start in range(0, len(table), DECODED_AT_ONCE):
            block = table.iloc[start : start + DECODED_AT_ONCE]
            for read in pool.map(partial(_read, root, cache), block["path"], block["error"]):
                row = cache.lookup(read.sha256)
                if row is None and read.photograph is not None:
                    row = cache.append(
                        read.sha256,
                        read.photograph.pixels,
                        original_width=read.photograph.width,
                        original_height=read.photograph.height,
                        format=read.photograph.format,
                    )
                if row is None:
                    yield {"error": read.error}
                else:
                    yield {
                        "sha256": read.sha256,
                        "width": row["original_width"],
                        "height": row["original_height"],
                        "format": row["format"],
                        NOTE: "; ".join(read.doubts) or None,
                    }


class _Read(NamedTuple):
    """What a file gave: hash, pixels that the cache lacks, and doubts; or the reason why it is no use."""

    sha256: str = ""
    photograph: Photograph | None = None
    doubts: Sequence[str] = ()
    error: str | None = None


def _read(root: Path, cache: PixelCache, path: str, error: str | None) -> _Read:
    if error is not None:
        return _Read(error=error)
    file = root / path
    try:
        if not file.is_file():
            return _Read(error=f"{path} is a broken link or no regular file; take it out of the folder")
        if not file.resolve().is_relative_to(root):
            return _Read(error=f"{path} is a link out of the folder; copy the photograph into it")
        data = file.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        row = cache.lookup(sha256)
        if row is not None:
            size = {"width": row["original_width"], "height": row["original_height"]}
            return _Read(sha256, doubts=doubts(data, cache.read(row), **size))
        found = decode(data, name=path, short_side_px=SHORT_SIDE_PX)
        doubtful = doubts(data, found.pixels, width=found.width, height=found.height)
        return _Read(sha256, found, doubtful)
    except PhotographError as reason:
        return _Read(error=str(reason))
    except OSError as reason:
        return _Read(error=f"{path} cannot be opened ({reason.strerror})")


def _first_of_each(table: pd.DataFrame) -> pd.Series:
    """Return for each copy of a photograph the coin_id of the first one, else null."""
    first = table.groupby("sha256")["coin_id"].transform("first")
    return first.where(first.notna() & (first != table["coin_id"]), None).astype(object)


def _report(table: pd.DataFrame, max_broken_share: float) -> None:
    broken = table.loc[table["error"].notna(), "error"]
    if len(broken) > max_broken_share * len(table):
        raise CatalogueError(
            f"{len(broken)} of {len(table)} photographs cannot be used, more than the allowed "
            f"{max_broken_share:.0%} (--max-broken-share): {'; '.join(broken[:SHOWN])}"
        )
    for error in broken:
        log.warning("left out: %s", error)
    for doubt in DOUBTS:
        doubtful = [
            path
            for path, note in zip(table["path"], table[NOTE], strict=True)
            if isinstance(note, str) and doubt in note
        ]
        if doubtful:
            log.warning("taken, and worth a look (%s): %s", doubt, some(doubtful))
    copies = table.loc[table["duplicate_of"].notna(), "coin_id"]
    if len(copies):
        found = count(len(copies), "photograph is a copy of another", "photographs are copies of others")
        log.warning("%s: %s", found, ", ".join(copies[:SHOWN]))
