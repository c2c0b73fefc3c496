"""What it costs to describe coins and to compare them, by edges and with what a pretrained network sees.

    python benchmarks/matching.py [--coins 512] [--rounds 5] [--threads 1]

Describing: milliseconds of the processor for each coin. Comparing: all pairs of as many coins, window by
window and by blocks of cells, in turn; seconds of the processor and the ratio to edges window by window.
A coin with 400 candidates of its own: microseconds for a pair, both ways, where the others compare one way.
Cells are random numbers, since no way of comparing looks at them. The network is skipped where it is not
installed.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from training import decoded

from coin_xai.common.memory import keep_freed_memory
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.backbone import see_parts
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.cut_out import frame_of
from coin_xai.matching.descriptions import pretrained_installed
from coin_xai.matching.hog import ORIENTATIONS
from coin_xai.matching.joined import COMPONENTS
from coin_xai.matching.likeness import CANDIDATES, describe_in
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.windows import _by_blocks, _by_windows
from coin_xai.mint import Issue
from tasks.photographs.write_drawn_coins import write_drawn_coins

DESCRIBED = 48
CHANNELS = {"edges": ORIENTATIONS, "edges and network": ORIENTATIONS + COMPONENTS}
"""Of a cell."""
CPU = torch.device("cpu")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coins", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    keep_freed_memory()
    print("describing, ms a coin")
    for name, seconds in _in_turn(_describing(), asked.rounds).items():
        print(f"  {name:30s} {_told([one / DESCRIBED * 1000 for one in seconds])}")
    print(f"comparing {asked.coins} coins with as many, s")
    found = _in_turn(_comparing(asked.coins), asked.rounds)
    usual = statistics.median(next(iter(found.values())))
    for name, seconds in found.items():
        print(f"  {name:30s} {_told(seconds)}   {statistics.median(seconds) / usual:.2f}")
    print(f"comparing a coin with {CANDIDATES} candidates, us a pair")
    for name, seconds in _in_turn(_candidates(), asked.rounds).items():
        print(f"  {name:30s} {_told([one / CANDIDATES * 1e6 for one in seconds])}")


def _describing() -> dict[str, Callable[[], object]]:
    with tempfile.TemporaryDirectory() as scratch:
        table = write_drawn_coins(Path(scratch) / "coins", Issue(coins=DESCRIBED, types=4, seed=1))
        pixels = decoded(sorted(table.parent.glob("*.jpg")))
    frames = [frame_of(pixels[position], centre_crop=1.0) for position in range(len(pixels))]
    coins = Aligned(pixels, frames)
    coins.centre_squares(torch.arange(len(coins)).numpy(), size_px=128)  # cut out, as training needs them
    ways: dict[str, Callable[[], object]] = {"edges": lambda: describe_in(pixels, frames)}
    if pretrained_installed():
        ways["pretrained network"] = lambda: see_parts(
            coins, range(len(coins)), load_backbone("pretrained", CPU), device=CPU
        )
    return ways


def _comparing(count: int) -> dict[str, Callable[[], object]]:
    ways: dict[str, Callable[[], object]] = {}
    for name, channels in CHANNELS.items():
        generator = torch.Generator().manual_seed(0)
        own, others = (torch.randn(count, 16, 16, channels, generator=generator) for _ in range(2))
        ways[f"{name}, by windows"] = partial(_by_windows, own, others)
        ways[f"{name}, by blocks"] = partial(_by_blocks, own, others)
    return ways


def _candidates() -> dict[str, Callable[[], object]]:
    ways: dict[str, Callable[[], object]] = {}
    for name, channels in CHANNELS.items():
        cells = torch.randn(1 + CANDIDATES, 16, 16, channels, generator=torch.Generator().manual_seed(1))
        ways[name] = partial(likeness_to_each, cells[:1], cells[None, 1:])
    return ways


def _in_turn(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the processor's seconds of each way; the first round is not counted."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            started = time.process_time()
            way()
            found[name].append(time.process_time() - started)
    return {name: seconds[1:] for name, seconds in found.items()}


def _told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):7.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    main()
