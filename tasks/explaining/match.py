"""Match: the maps of the clustering itself, for some coins of a run."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.attribution.methods import ShownMethod
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.common.device import best_device
from coin_xai.matching.match_maps import MatchMaps
from storage.inventory import Stamp, stamp
from storage.layout import ExplanationLayout, RunLayout
from storage.tables import read_frame
from tasks.collection import training_of, usable_coins
from tasks.photographs.cells import read_cells


class _Known(NamedTuple):
    maps: MatchMaps
    row: dict[str, int]


def shown_methods(layout: RunLayout, options: ExplanationOptions) -> tuple[ShownMethod, ...]:
    """Return all methods to draw of a run, in their order.

    Raises:
        OptionError: match maps are asked for, and the network of the run is shown photographs as they are.
    """
    training = training_of(layout)
    return options.shown_for(training.network, matched=training.ends_with_matched)


def match_columns(
    layout: RunLayout, explanation: ExplanationLayout, coins: pd.DataFrame
) -> dict[str, npt.NDArray[np.generic]]:
    """Return the match maps of some coins, and how well they are found in which clusters, by column.

    Args:
        layout: the run, with its cells.
        explanation: of the run, with its assignments.
        coins: some of them.
    """
    known = _known(layout, explanation, stamp(layout.cells), stamp(explanation.assignments))
    found = known.maps.of(np.array([known.row[coin_id] for coin_id in coins["coin_id"]]))
    return {
        "match": found.maps,
        "match_own": found.own,
        "match_other": found.other,
        "match_other_cluster": found.other_cluster,
    }


@lru_cache(maxsize=1)
def _known(
    layout: RunLayout, explanation: ExplanationLayout, _of_cells: Stamp, _of_assignments: Stamp
) -> _Known:
    """Look at all coins once, however many chunks ask."""
    coin_ids = usable_coins(layout)["coin_id"].tolist()
    cells = read_cells(layout, len(coin_ids))
    cluster_of = read_frame(explanation.assignments).set_index("coin_id")["cluster"]
    cluster = cluster_of.loc[coin_ids].to_numpy(np.int64)
    maps = MatchMaps(cells, cluster, device=best_device())
    return _Known(maps, {coin_id: row for row, coin_id in enumerate(coin_ids)})
