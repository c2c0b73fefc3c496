"""What the pages of runs have drawn already: their small photographs, and the maps behind their heat."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.attribution.methods import leading
from coin_xai.networks.names import ALIGNED
from coin_xai.report.comparison.model import RunMaps
from coin_xai.report.data import bytes_of, content_of
from storage.errors import DamagedError
from storage.layout import file_stem
from storage.tables import read_frame
from tasks.collection import training_of
from tasks.comparing.finished_run import FinishedRun
from tasks.page.assemble import CAPTIONS
from tasks.page.pictures import SUFFIX

AGAIN = "once nothing works on the run, run the same command again"
"""What to do where a run was not as it had been a moment before."""


def photograph_files(runs: Sequence[FinishedRun], coin_ids: Sequence[str]) -> list[Path | None]:
    """Return the small photograph of each coin, of the first run whose page has one (N)."""
    found: dict[str, Path] = {}
    for run in runs:
        if run.photographs is None or len(found) == len(coin_ids):
            continue
        explained = read_frame(run.photographs.assignments, ["coin_id", "cluster"]).set_index("coin_id")
        wanted = explained["cluster"].reindex([one for one in coin_ids if one not in found]).dropna()
        for coin_id, cluster in wanted.items():
            file = run.photographs.page_pictures(int(cluster)) / f"{file_stem(str(coin_id))}{SUFFIX}"
            if file.exists():
                found[str(coin_id)] = file
    return [found.get(coin_id) for coin_id in coin_ids]


def copy_photographs(files: Sequence[Path | None], folder: Path) -> None:
    """Copy photographs into a folder, under their own names.

    Raises:
        DamagedError: one of them cannot be read.
    """
    folder.mkdir()
    for file in files:
        if file is None:
            continue
        try:
            photograph = file.read_bytes()
        except OSError as error:
            raise DamagedError(f"{file} cannot be read ({error.strerror}); {AGAIN}") from error
        (folder / file.name).write_bytes(photograph)


def maps_of(run: FinishedRun, coin_ids: Sequence[str]) -> RunMaps | None:
    """Return the maps that the page of a run leads with; None where its clusters have no page.

    Raises:
        DamagedError: the data of the page cannot be read.
    """
    if run.explanation is None:
        return None
    app = run.explanation.page_app
    page, heat = _read(app / "page.data.js", "PAGE", run), _read(app / "heat.data.js", "HEAT", run)
    try:
        names = next(one for one in page["columns"] if one["name"] == "coin_id")
        place = {names["texts"][code]: position for position, code in enumerate(names["codes"])}
        method = leading(heat)
        own = heat[method]
        height, width = own["grid"]
        rows = pd.Series(place, dtype=np.float64).reindex(list(coin_ids)).to_numpy()
        known, steps = ~np.isnan(rows), np.zeros((len(rows), height * width), np.uint8)
        steps[known] = bytes_of(own["steps"]).reshape(-1, height * width)[rows[known].astype(np.int64)]
        return RunMaps(
            method=CAPTIONS[method],
            grid=(height, width),
            alike=training_of(run.layout).network in ALIGNED,
            maximum=_of_rows(own["maximum"], rows),
            steps=steps,
            squares=_of_rows(page["squares"], rows),
            aspect=_of_rows(page["aspect"], rows),
        )
    except (KeyError, TypeError, ValueError, IndexError, StopIteration) as error:
        raise _damaged(app, run) from error


def _of_rows(values: Sequence[object], rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return rows of an array by their positions; what is not there is not a number."""
    array = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(rows)
    found = np.full((len(rows), *array.shape[1:]), np.nan)
    found[known] = array[rows[known].astype(np.int64)]
    return found


def _read(file: Path, name: str, run: FinishedRun) -> Any:
    try:
        return content_of(file.read_bytes(), name)
    except (OSError, ValueError) as error:
        raise _damaged(file, run) from error


def _damaged(file: Path, run: FinishedRun) -> DamagedError:
    return DamagedError(
        f"{file} cannot be read; make the page anew with: coin-xai explain {run.layout.root} --reuse hash"
    )
