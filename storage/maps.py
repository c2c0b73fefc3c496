"""Raw maps of many coins in one columnar file: what was measured, kept beside what is shown."""

import json
from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import DamagedError

SHAPES = b"coin_xai.shapes"


def write_maps(path: Path, coin_ids: list[str], columns: dict[str, npt.NDArray[np.generic]]) -> None:
    """Write arrays with one row per coin as a Parquet file.

    Args:
        path: of the file; not written atomically, the chunk's folder is.
        coin_ids: of the coins, in the order of the rows.
        columns: by name, N values or N x ... maps; maps become lists of fixed length and get their
            shape back when read.
    """
    arrays: dict[str, pa.Array] = {"coin_id": pa.array(coin_ids, pa.string())}
    shapes = {}
    for name, values in columns.items():
        if values.ndim == 1:
            arrays[name] = pa.array(values)
            continue
        shapes[name] = list(values.shape[1:])
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        arrays[name] = pa.FixedSizeListArray.from_arrays(flat, int(np.prod(values.shape[1:])))
    table = pa.table(arrays).replace_schema_metadata({SHAPES: json.dumps(shapes, sort_keys=True).encode()})
    # A dictionary of measured numbers would list nearly every one, and nobody searches by their range.
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)


def read_maps(
    path: Path, columns: Collection[str] | None = None
) -> tuple[list[str], dict[str, npt.NDArray[np.generic]]]:
    """Return the coin_ids and the columns that `write_maps` was given.

    Args:
        path: of the file.
        columns: names of those to read, as far as they are there; all without it.

    Raises:
        DamagedError: the file cannot be read as maps.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = [
                name
                for name in file.schema_arrow.names
                if columns is None or name in columns or name == "coin_id"
            ]
            table = file.read(names)
        shapes: dict[str, list[int]] = json.loads(table.schema.metadata[SHAPES])
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{path} holds no maps that can be read ({error}); explain it with --reuse hash"
        ) from error
    found = {}
    for name in table.column_names[1:]:
        column = table.column(name).combine_chunks()
        if name in shapes:
            found[name] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, *shapes[name])
        else:
            found[name] = column.to_numpy(zero_copy_only=False)
    return table.column("coin_id").to_pylist(), found
