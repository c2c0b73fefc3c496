"""What a user's table gives for every coin beside descriptions: vectors made elsewhere, or clusters."""

import io
import logging
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.catalogue.join import refuse_doubled_rows, refuse_shared_rows
from coin_xai.catalogue.matching import rows_by_coin, rows_by_file
from coin_xai.catalogue.table import PARQUET, ZIP, read_parquet, read_table, uncovered
from coin_xai.catalogue.wording import count, some
from coin_xai.errors import CatalogueError

log = logging.getLogger(__name__)

ID, FILES = "coin_id", ("path", "file")
CLUSTER, NAME, STABILITY = "cluster", "cluster_name", "stability"
ANSWER = "mend or add their rows, or take the photographs out of the folder"


@dataclass(frozen=True)
class GivenClusters:
    """Clusters that a table gives, by coin.

    Attributes:
        cluster: of each coin, from 0 on (N).
        names: of the clusters, as the table calls them; None where it calls them 0, 1, 2, ...
        stability: how sure each coin's cluster is, from 0 to 1, where the table says so (N).
    """

    cluster: npt.NDArray[np.int64]
    names: tuple[str, ...] | None
    stability: npt.NDArray[np.float32] | None


def read_vectors(data: bytes, coins: pd.DataFrame, *, name: str) -> npt.NDArray[np.float32]:
    """Return a vector for each coin (N x d).

    Args:
        data: content of a Parquet or CSV table with a column coin_id, path or file, and either one column of
            lists or else nothing but columns of numbers.
        coins: as from `catalogue`, those that need one.
        name: of the file, for messages.

    Raises:
        CatalogueError: the file is no such table, or a coin has no vector, several, or one that no angle can
            be taken of.
    """
    table = read_parquet(data, name=name) if data.startswith(PARQUET) else _csv(data, name)
    table.index = pd.RangeIndex(2, len(table) + 2)  # as a spreadsheet counts, below the header
    rows = _rows_of(table, coins, name)
    columns = [column for column in table.columns if column not in (ID, *FILES)]
    lists = [column for column in columns if _holds_lists(table[column])]
    if len(lists) > 1:
        raise CatalogueError(
            f"{name} has several columns of lists ({some(lists)}); leave the one that counts"
        )
    if lists:
        vectors = _stacked(table[lists[0]].iloc[rows], coins, name)
    else:
        vectors = _numbers(table[columns], name)[rows]
    not_finite = np.array([not np.isfinite(row).all() for row in vectors])
    _refuse(not_finite, coins, name, "have no finite vector")
    zero = np.array([not row.any() for row in vectors])
    _refuse(zero, coins, name, "have a vector of zeros, which points nowhere,")
    return vectors


def read_clusters(data: bytes, coins: pd.DataFrame, *, name: str) -> GivenClusters:
    """Return the cluster of each coin.

    Args:
        data: content of a CSV, XLSX or Parquet table with a column coin_id, path or file, and a column
            cluster (numbers or texts); where there is a column cluster_name, as in tables of ours, that
            counts. A column stability is taken along.
        coins: as from `catalogue`, those that need a cluster.
        name: of the file, for messages.

    Raises:
        CatalogueError: the file is no such table, or a coin has no cluster or several, or there is only one.
    """
    table = read_table(data, name=name)
    if CLUSTER not in table:
        raise CatalogueError(f"{name} has no column {CLUSTER}; it has: {', '.join(table.columns)}")
    rows = _rows_of(table, coins, name)
    called = table[CLUSTER] if NAME not in table else table[NAME].where(table[NAME].notna(), table[CLUSTER])
    labels = called.iloc[rows].to_numpy()
    unlabelled = np.array([label is None for label in labels])
    if unlabelled.any():
        several = count(int(unlabelled.sum()), "coin has", "coins have")
        raise CatalogueError(
            f"{several} no cluster in {name}: {some(coins['coin_id'][unlabelled])}; give them one, such as "
            "`unknown`, or take their photographs out of the folder"
        )
    names = sorted(set(labels), key=_as_people_count)
    if len(names) < 2:
        raise CatalogueError(f"{name} gives all coins the one cluster {names[0]}; give two or more")
    position = {label: number for number, label in enumerate(names)}
    return GivenClusters(
        cluster=np.array([position[label] for label in labels], dtype=np.int64),
        names=None if names == [str(number) for number in range(len(names))] else tuple(names),
        stability=_stability(table[STABILITY].iloc[rows], coins, name) if STABILITY in table else None,
    )


def _rows_of(table: pd.DataFrame, coins: pd.DataFrame, name: str) -> list[int]:
    """Return the position of the one row of each coin."""
    column = next((one for one in (ID, *FILES) if one in table), None)
    if column is None:
        columns = some(str(one) for one in table.columns)
        raise CatalogueError(
            f"{name} has none of the columns {ID}, {', '.join(FILES)} to know coins by; it has: {columns}"
        )
    known = [None if pd.isna(value) else str(value) for value in table[column]]
    values = pd.Series(known, index=table.index, name=f"{column} of {name}", dtype=object)
    rows = rows_by_coin(coins, values) if column == ID else rows_by_file(coins, values)
    refuse_doubled_rows(coins, values, rows)
    refuse_shared_rows(coins, values, rows)
    _refuse(np.array([not found for found in rows]), coins, name, f"are missing (column {column})")
    positions = [found[0] for found in rows]
    unused = len(table) - len(set(positions))
    if unused:
        rows_of = count(unused, f"row of {name} belongs", f"rows of {name} belong")
        log.warning("%s to no photograph that is used", rows_of)
    return positions


def _refuse(wrong: npt.NDArray[np.bool_], coins: pd.DataFrame, name: str, what: str) -> None:
    if wrong.any():
        names = some(coins["coin_id"].to_numpy()[wrong])
        raise CatalogueError(f"{wrong.sum()} of {len(coins)} coins {what} in {name}: {names}; {ANSWER}")


def _csv(data: bytes, name: str) -> pd.DataFrame:
    if data.startswith(ZIP):
        raise CatalogueError(f"{name} is a workbook; vectors are read from Parquet or CSV")
    try:
        table = pd.read_csv(io.BytesIO(data), dtype=dict.fromkeys((ID, *FILES), str))
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise CatalogueError(f"{name} is no readable Parquet or CSV ({reason}); write it anew") from error
    names = [column for column in (ID, *FILES) if column in table]
    table[names] = table[names].map(uncovered, na_action="ignore")
    return table


def _holds_lists(values: pd.Series) -> bool:
    return values.dtype == object and any(isinstance(value, list | np.ndarray) for value in values)


def _stacked(lists: pd.Series, coins: pd.DataFrame, name: str) -> npt.NDArray[np.float32]:
    lengths = np.array([len(one) if isinstance(one, list | np.ndarray) else 0 for one in lists])
    usual = int(np.bincount(lengths).argmax())
    _refuse(lengths != usual, coins, name, f"have another length than {usual}, which most have,")
    try:
        return np.stack([np.asarray(one, dtype=np.float32) for one in lists])
    except (TypeError, ValueError) as error:
        raise CatalogueError(f"{name} has lists that hold other things than numbers ({error})") from error


def _numbers(table: pd.DataFrame, name: str) -> npt.NDArray[np.float32]:
    other = [str(column) for column in table if not pd.api.types.is_numeric_dtype(table[column])]
    if other or table.shape[1] < 2:
        has = f"the columns {some(other)}" if other else f"{table.shape[1]} columns of numbers"
        raise CatalogueError(
            f"{name} has {has} beside those that name the coins; give one column of lists, or two or more "
            "columns of numbers and no others"
        )
    numbers: npt.NDArray[np.float32] = table.to_numpy(dtype=np.float32, na_value=np.nan)
    return numbers


def _stability(values: pd.Series, coins: pd.DataFrame, name: str) -> npt.NDArray[np.float32] | None:
    if values.isna().all():
        return None
    numbers = pd.to_numeric(values, errors="coerce")
    found: npt.NDArray[np.float32] = numbers.to_numpy(dtype=np.float32)
    _refuse(~((found >= 0) & (found <= 1)), coins, name, f"have a {STABILITY} that is not from 0 to 1")
    return found


def _as_people_count(label: str) -> tuple[list[int | str], str]:
    """Return what sorts type 2 before type 10."""
    parts = re.split(r"(\d+)", label)  # every second one is a number
    return [int(part) if at % 2 else part for at, part in enumerate(parts)], label
