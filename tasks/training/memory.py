"""Says beforehand how much memory comparing many coins takes."""

import logging
import os

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.matching.cost import memory_of_matching

log = logging.getLogger(__name__)

GB = 1e9
LEAST_SAID = 1 * GB


def say_memory_of_matching(n_coins: int, options: TrainingOptions) -> None:
    """Log how much memory comparing so many coins takes, where it is much; warn where the machine has less.

    Args:
        n_coins: how many there are.
        options: of the training, completed.
    """
    described_by = options.description if options.matches else "edges"
    upright = memory_of_matching(
        n_coins, seen_by_network=described_by != "edges", learns=described_by == "tuned"
    )
    turned = memory_of_matching(n_coins, at_any_angle=True)
    needed = {"upright": upright, "any": turned, "auto": max(upright, turned)}[options.orientation]
    if needed < LEAST_SAID:
        return
    there = _memory_of_machine()
    otherwise = ""
    if options.orientation == "auto":
        otherwise = f" ({upright / GB:.1f} GB if they stand upright, {turned / GB:.1f} GB if they do not)"
    log.log(
        logging.WARNING if needed > there else logging.INFO,
        "comparing %d coins takes about %.1f GB of memory%s; this machine has %.1f GB",
        n_coins,
        needed / GB,
        otherwise,
        there / GB,
    )


def _memory_of_machine() -> int:
    """Return the bytes of memory that this machine has; a container may be allowed less."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
