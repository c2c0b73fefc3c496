"""What it costs to write pictures of explanations: our encoders beside those of Pillow.

    python benchmarks/encoders.py [--coins 8] [--rounds 5]

Coins are drawn in two sizes, and Grad-CAM and guided backpropagation of a fresh network are laid over them
and drawn as usual. Each encoder writes every picture in each round, in random order; processor milliseconds
and KiB are those of one picture, milliseconds of the fastest round.
"""

import argparse
import random
import tempfile
import time
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from coin_xai.attribution import Attributor
from coin_xai.mint import Issue, mint
from coin_xai.networks import build, normalise
from coin_xai.photographs.square import centre_square_of, cut
from coin_xai.pictures.gradient_pictures import gradient_picture
from coin_xai.pictures.heatmaps import overlay
from storage.pictures import write_picture
from tasks.page.pictures import QUALITY

Picture = NDArray[np.uint8]
Encode = Callable[[Picture], int]

SIDES_PX = (256, 1000)


def main() -> None:
    """Time all encoders in interleaved rounds, and print a table for each kind of picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coins", type=int, default=8, help="pictures of each kind")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is written")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for kind, pictures in drawn(arguments.coins).items():
            print(f"{kind}, {' x '.join(map(str, pictures[0].shape))}")
            measure(encoders(Path(folder)), pictures, arguments.rounds)


def drawn(coins: int) -> dict[str, list[Picture]]:
    """Return pictures by kind: overlays of each size, and gradients at the size that the network sees."""
    network = build("alexnet", k=10, generator=torch.Generator().manual_seed(1)).eval()
    attributor = Attributor(network, layer=network.attribution_layer)
    size_px = network.input_size_px
    pictures: dict[str, list[Picture]] = {}
    for side_px in SIDES_PX:
        for coin in mint(Issue(coins=coins, size_px=side_px, seed=3)):
            square = centre_square_of(*coin.photograph.shape[:2])
            shown = cut(coin.photograph, square, size_px=size_px).transpose(2, 0, 1)[None].copy()
            found = attributor.attribute(
                normalise(torch.from_numpy(shown)),
                torch.tensor([0]),
                methods=["grad_cam", "guided_backpropagation"],
            )
            assert found.gradients["guided_backpropagation"] is not None
            laid = overlay(coin.photograph, found.maps["grad_cam"][0].numpy(), square=square)
            pictures.setdefault(f"overlays of {side_px} pixels", []).append(laid)
            if side_px == SIDES_PX[0]:
                pictures.setdefault("gradients", []).append(
                    gradient_picture(found.gradients["guided_backpropagation"][0].numpy())
                )
    return pictures


def encoders(folder: Path) -> dict[str, Encode]:
    """Return what writes a picture and says how many bytes it took, by name."""

    def ours(suffix: str) -> Encode:
        def write(picture: Picture) -> int:
            path = folder / f"picture{suffix}"
            write_picture(path, picture)
            return path.stat().st_size

        return write

    def pillow(**options: Any) -> Encode:
        def write(picture: Picture) -> int:
            buffer = BytesIO()
            Image.fromarray(picture).save(buffer, **options)
            return (folder / "picture").write_bytes(buffer.getvalue())

        return write

    return {
        "our PNG": ours(".png"),
        "our JPEG": ours(".jpg"),
        "Pillow's PNG as it comes": pillow(format="PNG"),
        "Pillow's PNG, level 1": pillow(format="PNG", compress_level=1),
        "Pillow's PNG, level 1, Huffman": pillow(
            format="PNG", compress_level=1, compress_type=zlib.Z_HUFFMAN_ONLY
        ),
        "Pillow's JPEG as it comes": pillow(format="JPEG"),
        "JPEG of the page": pillow(format="JPEG", quality=QUALITY),
        "WebP of that quality": pillow(format="WebP", quality=QUALITY, method=0),
        "Pillow's WebP, lossless": pillow(format="WebP", lossless=True, quality=0, method=0),
    }


def measure(named: dict[str, Encode], pictures: list[Picture], rounds: int) -> None:
    """Time encoders on pictures, and print what one picture takes."""
    seconds: dict[str, list[float]] = {name: [] for name in named}
    sizes: dict[str, int] = {}
    for _ in range(rounds):
        for name in random.sample(list(named), len(named)):
            started = time.process_time()
            sizes[name] = sum(named[name](picture) for picture in pictures)
            seconds[name].append(time.process_time() - started)
    for name, found in seconds.items():
        each = min(found) / len(pictures)
        print(f"  {name:28s} {each * 1e3:8.2f} ms {sizes[name] / len(pictures) / 1024:8.0f} KiB")


if __name__ == "__main__":
    main()
