"""What it costs to describe coins and to compare them, by edges and with what a pretrained network sees.

    python benchmarks/matching.py [--coins 512] [--rounds 5] [--threads 1]

Describing: milliseconds of the processor for each coin and step. The control are edges cut out by Pillow and
filtered by SciPy, coin by coin, in turn with them; told is how far any cell differs. Comparing: all pairs of
as many coins, window by window and by blocks of cells, in turn; seconds of the processor and the ratio to
edges window by window. A coin with 400 candidates of its own: microseconds for a pair, both ways, where the
others compare one way.
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
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from scipy import ndimage
from training import decoded

from coin_xai.common.memory import keep_freed_memory
from coin_xai.common.stages import unwatched
from coin_xai.matching.aligned import Aligned, cut_grey
from coin_xai.matching.alignment import align, describe_fine
from coin_xai.matching.backbones.backbone import see_parts
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.cells import (
    BLUR_PX,
    CONTRAST_PX,
    EVEN_DIRECTIONS,
    LEAST_SEEN,
    OWN_CONTRAST,
    SMALLEST_CONTRAST,
)
from coin_xai.matching.cut_out import FILLING_PX, RIM_PX, SIZE_PX, WIDE_PX, Frame, frame_of
from coin_xai.matching.descriptions import pretrained_installed
from coin_xai.matching.hog import LUMA, ORIENTATIONS
from coin_xai.matching.joined import COMPONENTS
from coin_xai.matching.likeness import CANDIDATES, look
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.views import turn_some
from coin_xai.matching.windows import CELL_PX, CELLS, _by_blocks, _by_windows
from coin_xai.mint import Issue
from tasks.photographs.write_drawn_coins import write_drawn_coins

DESCRIBED = 48
CHANNELS = {"edges": ORIENTATIONS, "edges and network": ORIENTATIONS + COMPONENTS}
"""Of a cell."""
CPU = torch.device("cpu")

Floats = npt.NDArray[np.float32]


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
    found = _in_turn(_describing(), asked.rounds)
    usual = statistics.median(found["edges"])
    for name, seconds in found.items():
        told = _told([one / DESCRIBED * 1000 for one in seconds])
        print(f"  {name:30s} {told}   {statistics.median(seconds) / usual:.2f}")
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
    positions = range(len(pixels))
    found = [frame_of(pixels[position], centre_crop=1.0) for position in positions]
    frames = [frame.turned(3) for frame in found]
    coins = Aligned(pixels, frames)
    coins.centre_squares(torch.arange(len(coins)).numpy(), size_px=128)  # cut out, as training needs them
    expected = [_by_scipy(pixels[one], frames[one]) for one in positions]
    cells, _seen = look(pixels, frames, unwatched)
    print(f"  cells differ from SciPy's by {max(map(_difference, cells, expected)):.1e} at most")
    ways: dict[str, Callable[[], object]] = {
        "flan": lambda: [frame_of(pixels[position], centre_crop=1.0) for position in positions],
        "laid over the others": lambda: align([describe_fine(pixels, positions, found)]),
        "edges": lambda: look(pixels, frames, unwatched),
        "edges, by SciPy": lambda: [_by_scipy(pixels[one], frames[one]) for one in positions],
        "edges, as they lie and turned for trial": lambda: turn_some(
            pixels, found, positions, lambda _: None
        ),
        "cut out": lambda: [cut_grey(pixels[one], frames[one]) for one in positions],
    }
    if pretrained_installed():
        ways["pretrained network"] = lambda: see_parts(
            coins, range(len(coins)), load_backbone("pretrained", CPU), device=CPU
        )
    return ways


def _by_scipy(photograph: npt.NDArray[np.uint8], frame: Frame) -> Floats:
    """Return the cells of a coin that lies within its photograph (16 x 16 x 9), one step after the other."""
    grey = Image.fromarray((photograph @ LUMA / 255).astype(np.float32))
    wide = frame.moved(0, 0, scale=WIDE_PX / SIZE_PX)
    near, far = (WIDE_PX - SIZE_PX) // 2, (WIDE_PX + SIZE_PX) // 2

    def cut(picture: Image.Image, beyond: Literal["edge", "constant"]) -> Floats:
        margin = picture.width
        padded = Image.fromarray(np.pad(np.asarray(picture), margin, mode=beyond))
        left, top = wide.left + margin, wide.top + margin
        square = padded.resize(
            (WIDE_PX, WIDE_PX),
            Image.Resampling.BILINEAR,
            box=(left, top, left + wide.side, top + wide.side),
        )
        turned = square.rotate(frame.turn_deg, Image.Resampling.BILINEAR)
        return np.asarray(turned)[near:far, near:far]

    own, share = cut(grey, "edge"), np.ones((SIZE_PX, SIZE_PX), np.float32)
    if frame.mask is not None:
        mask = Image.fromarray(frame.mask.astype(np.float32)).resize(grey.size, Image.Resampling.BILINEAR)
        share = cut(mask, "constant")
        inner = ndimage.grey_erosion(share, RIM_PX)
        tone = ndimage.gaussian_filter(own * inner, FILLING_PX)
        own = own * inner + (1 - inner) * tone / (ndimage.gaussian_filter(inner, FILLING_PX) + 1e-3)
    down, right = np.gradient(ndimage.gaussian_filter(own, BLUR_PX))
    direction = np.arctan2(down, right) % np.pi / np.pi * ORIENTATIONS
    strengths = np.zeros((CELLS, CELLS, ORIENTATIONS))
    rows, columns = np.indices(own.shape) // CELL_PX
    for number in range(ORIENTATIONS):
        apart = np.abs(direction - number)
        weight = np.clip(1 - np.minimum(apart, ORIENTATIONS - apart), 0, None) * np.hypot(down, right)
        np.add.at(strengths[..., number], (rows, columns), weight)
    seen = share.reshape(CELLS, CELL_PX, CELLS, CELL_PX).mean(axis=(1, 3))
    seen = np.clip((seen - LEAST_SEEN) / (1 - LEAST_SEEN), 0, 1)
    energy, total = (strengths**2).sum(axis=-1) * seen, seen.sum() + 1e-6
    reach = CONTRAST_PX / CELL_PX
    around = ndimage.gaussian_filter(energy, reach) / (ndimage.gaussian_filter(seen, reach) + 1e-3)
    contrast = np.sqrt(around + OWN_CONTRAST * energy.sum() / total + SMALLEST_CONTRAST)
    relative = strengths / contrast[..., None]
    even = (relative * seen[..., None]).sum(axis=(0, 1)) / total + 1e-6
    return np.asarray(
        relative * even.mean() / (even + EVEN_DIRECTIONS * even.mean()) * seen[..., None], np.float32
    )


def _difference(cells: Floats, others: Floats) -> float:
    return float(np.abs(cells - others).max())


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
