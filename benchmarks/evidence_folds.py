"""Whether a coin's map depends on its being among the coins that the network learnt from.

    python benchmarks/evidence_folds.py [--issues 101 102]

Each issue is learnt in five folds. The maps of coins that were held out are compared with those of the
network that saw all coins, by rank correlation over 4 x 4 patches, beside two controls: maps of a fold's
network that did see the coin, and of a network that saw all coins and started from other weights. Then what
the heat of each is worth, as in `evidence.py`, by how the logit of the network that saw all coins falls.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from evidence import FIRST_SEED, measure, summary
from evidence_falls import falls_by_part, falls_by_patch
from evidence_maps import METHODS, explained, trained_on
from evidence_study import Maps, Studied, study_issue

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.evidence.map_agreement import agreement
from coin_xai.evidence.recognition import FOLDS, folds_of
from coin_xai.matching.aligned import Aligned
from coin_xai.mint import Issue
from coin_xai.photographs.pixels import Pixels
from tasks.collection import usable_coins
from tasks.photographs.frames import read_frames

TYPES, EPOCHS, OTHER_SEED = 12, 6, 77
SEEN = "all coins"


def main() -> None:
    """Print both tables after each issue."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--issues", type=int, nargs="+", default=[101, 102], help="seeds of the coins")
    parser.add_argument("--coins", type=int, default=360)
    parser.add_argument("--redrawn", type=int, default=67, help="coins of each issue, drawn without parts")
    asked = parser.parse_args()
    alike, worth = [], []
    for seed in asked.issues:
        with tempfile.TemporaryDirectory() as scratch:
            options = TrainingOptions.model_validate(
                {"k": TYPES, "network": "gridnet", "seed": FIRST_SEED, "description": "edges"}
            )
            issue = Issue(coins=asked.coins, types=TYPES, seed=seed)
            studied = study_issue(Path(scratch), issue, options, epochs=EPOCHS, layer=None)
            patches, parts = falls_by_patch(studied), falls_by_part(studied, asked.redrawn).of_logit
            maps = maps_by_network(studied)
        for name, own in maps.items():
            told = pd.DataFrame({"network": name, "agreement": agreement(maps[SEEN], own)})
            alike.append(told)
            measured = measure(own, studied, patches, parts)
            worth.append(measured.assign(map=name, training=str(seed), insertion=np.nan))
        print(pd.concat(alike).groupby("network", sort=False).mean().round(3).to_string())
        print(summary(pd.concat(worth)).to_string(), flush=True)


def maps_by_network(studied: Studied) -> dict[str, Maps]:
    """Return the HiResCAM maps of all coins, by what their network has learnt from."""
    unit, everyone = studied.class_index, np.arange(len(studied.class_index))
    maps = {SEEN: _maps(studied, everyone)}
    held_out, seen = np.empty_like(maps[SEEN]), np.empty_like(maps[SEEN])
    fold = folds_of(unit, seed=FIRST_SEED)
    for one in range(FOLDS):
        found = _maps(studied, np.flatnonzero(fold != one))
        held_out[fold == one] = found[fold == one]
        neighbour = fold == (one + 1) % FOLDS
        seen[neighbour] = found[neighbour]
    return {
        **maps,
        "other coins": held_out,
        "a fold that holds the coin": seen,
        "all coins, other weights": _maps(studied, everyone, seed=OTHER_SEED),
    }


def _maps(studied: Studied, rows: npt.NDArray[np.int64], *, seed: int = FIRST_SEED) -> Maps:
    """Return the maps of all coins, by a network that has learnt from some of them."""
    taught = studied.class_index[rows]
    network = trained_on(studied, taught, EPOCHS, shown=_some_of(studied, rows), seed=seed)
    return explained(network, studied, studied.class_index, METHODS[:1])["hires_cam"]


def _some_of(studied: Studied, rows: npt.NDArray[np.int64]) -> Aligned:
    shown = studied.shown
    assert isinstance(shown, Aligned)
    frames = read_frames(studied.layout, usable_coins(studied.layout))
    pixels = Pixels(shown.data, shown.offset[rows], shown.height[rows], shown.width[rows])
    cut_out = shown.cut_out
    return Aligned(pixels, [frames[row] for row in rows], cut_out=lambda at: cut_out(int(rows[at])))


if __name__ == "__main__":
    main()
