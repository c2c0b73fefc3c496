"""The data of the page of a comparison as plain values, for the scripts beside it."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from coin_xai.pictures.heatmaps import COLD_SHARE, colour_table
from coin_xai.report.comparison.model import ComparisonReport, RunMaps, RunShown
from coin_xai.report.data import base64_of
from coin_xai.report.scripts import OPACITY

BLOCK = 200
"""Coins whose maps lie in one file: a page of twenty thousand coins loads those of the coin that is shown."""

Partition = npt.NDArray[np.int64]


def study_data(report: ComparisonReport) -> dict[str, object]:
    """Return everything but maps and words. Runs, clusters and coins are named by their positions."""
    comparison = report.comparison
    named = _names_of_families(report)
    label = None
    if report.label is not None:
        texts = sorted({one for one in report.label[1] if one is not None})
        place = {one: position for position, one in enumerate(texts)}
        codes = [-1 if one is None else place[one] for one in report.label[1]]
        label = {"name": report.label[0], "texts": texts, "codes": codes}
    return {
        "runs": [
            _run(one, partition, families, named)
            for one, partition, families in zip(
                report.shown, comparison.partitions, comparison.families, strict=True
            )
        ],
        "orders": {
            "given": list(range(len(report.shown))),
            "alike": list(comparison.order),
            "tree": list(comparison.tree),
        },
        "coins": list(report.coin_ids),
        "files": list(report.stems),
        "photographed": "".join("01"[bool(one)] for one in report.photographed),
        "codes": base64_of(_codes(comparison.partitions)),
        "core": comparison.cores.core,
        "company": comparison.company,
        "cores": {
            "expected": report.cores["expected"].to_numpy(),
            "beyond_chance": report.cores["beyond_chance"].to_numpy(),
        },
        "label": label,
        "block": BLOCK,
    }


def heat_settings() -> dict[str, object]:
    """Return how maps are drawn, as the page of a run does it."""
    return {
        "colours": {"usual": base64_of(colour_table())},
        "opacity": OPACITY,
        "cold_share": COLD_SHARE,
    }


def blocks_of_maps(report: ComparisonReport) -> Iterator[dict[str, object]]:
    """Yield for each block of coins its number and the maps of its coins, by the position of the run."""
    for number in range(math.ceil(len(report.coin_ids) / BLOCK)):
        rows = slice(number * BLOCK, (number + 1) * BLOCK)
        yield {
            "number": number,
            "runs": [None if one.maps is None else _maps(one.maps, rows) for one in report.shown],
        }


def _run(
    shown: RunShown, partition: Partition, families: dict[int, int], named: dict[int, str]
) -> dict[str, object]:
    ids, sizes = np.unique(partition, return_counts=True)
    clusters = []
    for cluster, size in zip(ids.tolist(), sizes.tolist(), strict=True):
        own = shown.names.get(cluster)
        clusters.append(
            {
                "id": cluster,
                "size": size,
                "family": families[cluster],
                "name": own,
                "carried": None if own is not None else named.get(families[cluster]),
                "typical": list(shown.typical.get(cluster, ())),
            }
        )
    return {"name": shown.name, "clusters": clusters}


def _names_of_families(report: ComparisonReport) -> dict[int, str]:
    """Return the first name that somebody gave to a cluster of each family."""
    found: dict[int, str] = {}
    for shown, families in zip(report.shown, report.comparison.families, strict=True):
        for cluster, name in shown.names.items():
            if cluster in families:
                found.setdefault(families[cluster], name)
    return found


def _codes(partitions: object) -> npt.NDArray[np.uint8]:
    """Return the position of the cluster of each coin among those of its run, two bytes each, run by run."""
    codes = [np.unique(one, return_inverse=True)[1] for one in np.asarray(partitions)]
    return np.stack(codes).astype("<u2").view(np.uint8)


def _maps(maps: RunMaps, rows: slice) -> dict[str, object]:
    return {
        "method": maps.method,
        "grid": list(maps.grid),
        "alike": maps.alike,
        "steps": base64_of(maps.steps[rows]),
        **{name: _floats(getattr(maps, name)[rows]) for name in ("maximum", "squares", "aspect")},
    }


def _floats(values: npt.NDArray[np.float64]) -> str:
    """Return numbers as bytes, four each: a million of them as text would take most of the time."""
    return base64_of(values.astype("<f4").ravel().view(np.uint8))
