"""One epoch of DeepCluster against the reference's way of doing it, side by side in one run.

    python benchmarks/training.py FOLDER [--coins 1226] [--rounds 2] [--threads 2]

The reference's way is rebuilt from its description: photographs are opened, resized and cropped one by one in
both passes, tensors and weights lie NCHW, the optimiser loops over the weights, whitening is faiss's. Both
sides train AlexNet with a Sobel front in batches of one size from weights of one seed. Each lives in a
process of its own, since how a process keeps its memory is part of the difference; their parts alternate, so
that whatever else the machine does weighs on both alike, and each part's fastest round counts. More than 256
coins are needed: with fewer the reference clusters NaN.
"""

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision import transforms

from coin_xai.clustering.reduction import fit_whitening
from coin_xai.common.memory import keep_freed_memory
from coin_xai.common.random_streams import stream
from coin_xai.deepcluster.augmentation import augment
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.train_epoch import train_epoch
from coin_xai.networks import build
from coin_xai.networks.normalisation import MEAN, STD
from coin_xai.photographs.photograph import decode
from coin_xai.photographs.pixels import Pixels

CPU = torch.device("cpu")
K, BATCH, DIMENSIONS, ITERATIONS = 26, 64, 256, 20
# Multiply-adds count twice: forward, and forward with both backward products, without the gradient that
# nothing needs (that of the first convolution's input).
PARTS = ("features", "clustering", "learning")
FORWARD_GFLOP, LEARNING_GFLOP = 2.194, 6.438


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--coins", type=int, default=1226)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    paths = paths[: arguments.coins]
    sides = {side.__name__.lower(): Process(side, paths, arguments.threads) for side in (Reference, Ours)}
    wall: dict[str, float] = {}
    core: dict[str, float] = {}
    peaks = []
    for _ in range(arguments.rounds):
        peaks.append(sides["ours"].do("best_convolution")[2])
        for part in PARTS:
            for name, side in sides.items():
                which = f"{name}: {part}"
                seconds, used, _result = side.do(part)
                print(f"{seconds:8.2f} s, {used:8.2f} core-seconds  {which}", flush=True)
                wall[which] = min(seconds, wall.get(which, seconds))
                core[which] = min(used, core.get(which, used))
    peak = {"wall": max(peaks)[0], "core": max(peak for _, peak in peaks)}
    report({"wall": wall, "core": core}, peak, len(paths), arguments.threads, sides)


class Process:
    """One side of the comparison in a process of its own, which does one part at a time."""

    def __init__(self, side: type, paths: list[Path], threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.end, theirs = context.Pipe()
        context.Process(target=_serve, args=(side, paths, threads, theirs), daemon=True).start()

    def do(self, part: str) -> tuple[float, float, Any]:
        """Return the seconds that a part took, those of a core that it used, and its result."""
        self.end.send(part)
        answer: tuple[float, float, Any] = self.end.recv()
        return answer


def _serve(side: type, paths: list[Path], threads: int, end: Connection) -> None:
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    worker = side(paths)
    while True:
        try:
            part = getattr(worker, end.recv())
        except EOFError:
            return
        started, used = time.perf_counter(), time.process_time()
        result = part()
        end.send((time.perf_counter() - started, time.process_time() - used, result))


class Side:
    """What both sides can be asked."""

    def peak_memory(self) -> float:
        """Return the most memory that the process ever held, in megabytes."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def best_convolution(self) -> tuple[float, float]:
        """Return the highest rate of any convolution of the network in any layout, in GFLOP.

        A second, and a core-second: where other work shares the machine the first one is too low.
        """
        shapes = ((96, 256, 27, 5), (256, 384, 13, 3), (384, 384, 13, 3), (384, 256, 13, 3))
        best = best_of_core = 0.0
        for layout in (torch.contiguous_format, torch.channels_last):
            for channels, filters, side, kernel in shapes:
                layer = nn.Conv2d(channels, filters, kernel, padding=kernel // 2).to(memory_format=layout)
                maps = torch.randn(BATCH, channels, side, side).to(memory_format=layout)
                gflop = 2e-9 * BATCH * channels * filters * side**2 * kernel**2
                with torch.inference_mode():
                    for _ in range(4):
                        started, used = time.perf_counter(), time.process_time()
                        layer(maps)
                        best = max(best, gflop / (time.perf_counter() - started))
                        best_of_core = max(best_of_core, gflop / (time.process_time() - used))
        return best, best_of_core


class Ours(Side):
    """An epoch as coin-xai computes it; photographs are decoded once, before the first."""

    def __init__(self, paths: list[Path]) -> None:
        keep_freed_memory()
        self.pixels = decoded(paths)
        self.options = TrainingOptions(k=K, network="alexnet", batch_size=BATCH)
        self.network = build("alexnet", k=K, generator=torch.Generator().manual_seed(31))
        self.network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(self.network.backbone(), lr=0.01, momentum=0.9, fused=True)

    def features(self) -> None:
        """Extract the features of all photographs."""
        self.extracted = extract_features(
            self.network,
            self.pixels,
            centre_crop=1.0,
            batch_size=BATCH,
            device=CPU,
            advance=lambda _: None,
        )

    def clustering(self) -> None:
        """Whiten to as many dimensions as the reference and cluster."""
        points = fit_whitening(self.extracted, DIMENSIONS).apply(self.extracted)
        kmeans = faiss.Kmeans(points.shape[1], K, niter=ITERATIONS, seed=1, min_points_per_centroid=1)
        kmeans.train(points)
        self.cluster = kmeans.index.search(points, 1)[1][:, 0].astype(np.int64)

    def learning(self) -> None:
        """Learn the clusters, every photograph once."""
        classes = np.unique(self.cluster, return_inverse=True)[1].astype(np.int64)
        train_epoch(
            self.network,
            self.optimiser,
            self.pixels,
            classes,
            self.options,
            epoch=0,
            device=CPU,
            advance=lambda _: None,
        )

    def preparing(self) -> None:
        """Resize and vary every photograph once, which in an epoch happens beside the computing."""
        for position in range(len(self.pixels)):
            self.pixels.centre_squares(np.array([position]), size_px=224)
            generator = stream(0, "augmentation", 0, position)
            augment(self.pixels[position], self.options.augmentation, size_px=224, generator=generator)


class Reference(Side):
    """An epoch as the published code computes it."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.network = build(
            "alexnet", k=K, generator=torch.Generator().manual_seed(31), sobel_padding="zeros"
        )
        self.network.features = nn.Sequential(*self.network.features)  # rectifiers before pools, always
        backbone = self.network.backbone()
        self.optimiser = torch.optim.SGD(backbone, lr=0.05, momentum=0.9, weight_decay=1e-5, foreach=False)
        normalised = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
        self.centre = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), *normalised])
        self.varied = transforms.Compose(
            [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), *normalised]
        )

    def features(self) -> None:
        """Extract the features of all photographs."""
        self.network.eval()
        found = np.zeros((len(self.paths), 4096), dtype=np.float32)
        with torch.no_grad():
            for start in range(0, len(self.paths), BATCH):
                batch = self._batch(range(start, min(start + BATCH, len(self.paths))), self.centre)
                found[start : start + len(batch)] = self.network.penultimate(batch).numpy()
        self.extracted = found

    def clustering(self) -> None:
        """Whiten by faiss and cluster."""
        matrix = faiss.PCAMatrix(4096, DIMENSIONS, -0.5)
        matrix.train(self.extracted)
        points = matrix.apply(self.extracted)
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        kmeans = faiss.Kmeans(points.shape[1], K, niter=ITERATIONS, seed=1, min_points_per_centroid=1)
        kmeans.train(points)
        self.cluster = kmeans.index.search(points, 1)[1][:, 0].astype(np.int64)

    def learning(self) -> None:
        """Learn the clusters, as many photographs as there are."""
        classes = torch.from_numpy(np.unique(self.cluster, return_inverse=True)[1])
        self.network.head = nn.Linear(4096, int(classes.max()) + 1)
        head = torch.optim.SGD(self.network.head.parameters(), lr=0.05, weight_decay=1e-5, foreach=False)
        self.network.train()
        order = np.random.default_rng(0).integers(len(self.paths), size=len(self.paths))
        for start in range(0, len(order), BATCH):
            positions = order[start : start + BATCH]
            loss = F.cross_entropy(
                self.network(self._batch(positions.tolist(), self.varied)), classes[positions]
            )
            self.optimiser.zero_grad()
            head.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            head.step()
            loss.item()

    def _batch(
        self, positions: Sequence[int], prepare: Callable[[Image.Image], torch.Tensor]
    ) -> torch.Tensor:
        opened = []
        for position in positions:
            with Image.open(self.paths[int(position)]) as image:
                opened.append(prepare(image.convert("RGB")))
        return torch.stack(opened)


def decoded(paths: list[Path]) -> Pixels:
    """Return the photographs, decoded as the pixel cache holds them."""
    found = [decode(path.read_bytes(), name=path.name).pixels for path in paths]
    ends = np.cumsum([one.size for one in found])
    height, width = (np.array([one.shape[side] for one in found]) for side in (0, 1))
    return Pixels(
        np.concatenate([one.ravel() for one in found]), np.concatenate([[0], ends[:-1]]), height, width
    )


def report(
    fastest: dict[str, dict[str, float]],
    peak: dict[str, float],
    n_coins: int,
    threads: int,
    sides: dict[str, Process],
) -> None:
    """Print the ratios; core-seconds are the fairer ones where other work shares the machine."""
    figures: dict[str, float] = {"coins": n_coins, "threads": threads}
    for kind, parts in fastest.items():
        limit = n_coins * (FORWARD_GFLOP + LEARNING_GFLOP) / peak[kind]
        figures |= {
            f"best_convolution_gflop_per_{kind}_s": round(peak[kind], 1),
            f"limit_{kind}_s": round(limit, 2),
        }
        totals = {name: sum(parts[f"{name}: {part}"] for part in PARTS) for name in sides}
        figures |= {f"{name}_{kind}_s": round(seconds, 2) for name, seconds in totals.items()}
        figures[f"times_faster_{kind}"] = round(totals["reference"] / totals["ours"], 3)
        figures |= {
            f"{name}_share_of_limit_{kind}": round(limit / seconds, 3) for name, seconds in totals.items()
        }
        if kind == "core":
            preparing = sides["ours"].do("preparing")[1]
            figures["preparing_share_of_ours_core"] = round(preparing / totals["ours"], 4)
    figures |= {f"{name}_peak_memory_mb": round(side.do("peak_memory")[2]) for name, side in sides.items()}
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
