"""Which partitions mean something: descriptors, trainers and baselines on real and drawn coins, over seeds.

    python benchmarks/partitions.py [FOLDER] [--only hog matching] [--sets ocre-reverses] [--half B]

FOLDER, by default `shared/coins` beside the project, holds ocre-berlin and euro-kaa; a set whose folder is
absent is skipped. The protocol:

- Labels never enter a partition. They score it, and nothing else.
- k is 26 for the reverses, twice their 13 motifs, as who knows no labels would rather choose too many; for
  the others it is the number of classes (2 sides, 8 denominations, 20 drawn types), without which AMI cannot
  come near 1.
- Seeds are 31, 32, 33, ... and change everything that is random. Networks learn 20 epochs, as they
  do for a user who does not choose.
- All coins of a set are partitioned together, and scored in two halves, by the CRC-32 of their ids: A (even)
  is for choosing between ideas, B (odd) for the figure that is told of what was chosen, and is shown with
  `--half B` only then. Neighbours are looked for in the same half.
- AMI with a nuisance is what it foretells of the partition beyond chance. Light and wear of drawn coins are
  cut into fifths; so is the background of the euros, by how light it is, which tells wood from paper but not
  paper from speckled stone.
- Stability is the mean AMI between the partitions of any two seeds; 5-NN the share of coins whose five
  nearest neighbours vote for their label, by the whitened features of a network or by the points that
  k-means was given.

OUTPUT gets `runs.jsonl`, where each run is written down once with its settings, its learning curve, its
partition and its scores on either half, failed ones too; and of the runs asked for a table (`table.txt`,
`table.csv`) and a plot (`plot.png`). A run that is in `runs.jsonl` with the same settings is not repeated:
after a change of the code that raises no version, name another folder.
"""

import argparse
import json
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from matplotlib.figure import Figure
from partition_sets import ISSUE, SETS, CoinSet
from partition_ways import DESCRIBE, GRAPHS, NETWORK, TUNED, Points, forget_descriptions, matching_by, ward
from sklearn.neighbors import NearestNeighbors

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.kmeans import mean_agreement
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import Epoch, partition, partition_once
from coin_xai.deepcluster.trainers import algorithm_of, trainer_of
from coin_xai.errors import OptionError
from coin_xai.matching.descriptions import known_description, library_network, pretrained_installed
from coin_xai.mint import MINT_VERSION
from coin_xai.report.charts import BRONZE, PATINA, ROSE, STYLE
from storage.tables import csv_bytes

FIRST_SEED, EPOCHS, NEIGHBOURS = 31, 20, 5
HALVES = ("A", "B", "all")
FOLDER = Path(__file__).resolve().parents[2] / "shared" / "coins"

Run = dict[str, Any]


TRAIN: dict[str, dict[str, str]] = {
    "untrained": {"clustering": "kmeans"},
    "legacy": {"profile": "legacy"},
    "small": {"clustering": "kmeans"},
    "small with matching": {"clustering": "matching", "description": "edges"},
    "deepcluster-v2": {"trainer": "deepcluster-v2", "clustering": "matching", "description": "edges"},
    "deepcluster-v2 cold": {"trainer": "deepcluster-v2", "clustering": "kmeans"},
}
WAYS = (*DESCRIBE, TUNED, *TRAIN)


def main() -> None:
    """Run what is asked for, write it down and show it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("--only", nargs="+", choices=WAYS, default=WAYS, metavar="WAY")
    parser.add_argument(
        "--describe-by",
        nargs="+",
        default=[],
        metavar="NETWORK",
        help="match by these networks of a library too, such as timm:vit_small_patch14_dinov2",
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="SET")
    parser.add_argument("--half", choices=HALVES, default="A", help="which coins the table is about")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--coins", type=int, help="take at most so many of a set")
    parser.add_argument("--network", default="alexnet")
    parser.add_argument("--width", type=float, default=1.0, help="share of the network's filters")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--output", type=Path, default=Path("partitions"))
    asked = parser.parse_args()
    if not pretrained_installed():
        print("the pretrained network is not installed; its ways are skipped")
        asked.only = [way for way in asked.only if way not in NETWORK]
    asked.only = [*asked.only, *map(known_description, asked.describe_by)]
    torch.set_num_threads(asked.threads)
    faiss.omp_set_num_threads(asked.threads)
    asked.output.mkdir(parents=True, exist_ok=True)
    rows: list[Run] = []
    for name in asked.sets:
        needed, read = SETS[name]
        if needed and not (asked.folder / needed).is_dir():
            print(f"{name} skipped: there is no {asked.folder / needed}")
            continue
        rows += measure(name, read(asked.folder / (needed or ""), asked.coins), asked)
    if rows:
        show(pd.DataFrame(rows), asked.output)


def measure(name: str, coins: CoinSet, asked: argparse.Namespace) -> list[Run]:
    """Return rows of the table for one set, from runs made now or written down before."""
    journal = asked.output / "runs.jsonl"
    lines = journal.read_text("utf-8").splitlines() if journal.exists() else []
    known = {json.dumps(run["settings"]): run for run in map(json.loads, lines)}
    described: dict[str, Points] = {}
    rows = []
    for way in asked.only:
        runs = []
        for seed in range(FIRST_SEED, FIRST_SEED + asked.seeds):
            settings = settings_of(name, way, seed, coins, asked)
            run = known.get(json.dumps(settings))
            if run is None:
                run = {"settings": settings, **attempt(coins, settings, asked.device, described)}
                with journal.open("a", encoding="utf-8") as end:
                    end.write(json.dumps(run) + "\n")
            runs.append(run)
            print(name, way, seed, run.get("error") or json.dumps(run["scores"][asked.half]), flush=True)
        rows += summarise(coins, runs, asked.half)
    return rows


def settings_of(name: str, way: str, seed: int, coins: CoinSet, asked: argparse.Namespace) -> Run:
    """Return everything that decides the outcome of a run, ready for JSON."""
    options: dict[str, Any] = {"k": coins.k, "seed": seed}
    if way in TRAIN:
        options |= {"network": asked.network, "width": asked.width, **TRAIN[way]}
    chosen = TrainingOptions.model_validate({**options, "schedule_epochs": asked.epochs})
    return {
        "set": name,
        "way": way,
        "coins": len(coins.pixels),
        "epochs": asked.epochs if way in TRAIN and way != "untrained" else 0,
        "options": chosen.model_dump(mode="json"),
        "issue": {**asdict(ISSUE), "version": MINT_VERSION} if name.startswith("minted") else None,
        "algorithm": algorithm_of(chosen),
        "threads": asked.threads,
        "device": str(asked.device),
    }


@dataclass(frozen=True)
class Found:
    """A partition (N), the points that it was made from (N x d), and the epochs on the way to it."""

    cluster: npt.NDArray[np.int64]
    points: Points
    epochs: list[Epoch]


def attempt(coins: CoinSet, settings: Run, device: torch.device, described: dict[str, Points]) -> Run:
    """Return what came of one run, or why nothing did."""
    started = time.process_time()
    try:
        found = find(coins, settings, device, described)
    except OptionError as error:
        return {"error": str(error)}
    return {
        "core_s": round(time.process_time() - started, 2),
        "scores": {half: score(coins, found, half) for half in HALVES},
        "curve": [
            {**epoch.metrics, **{half: agreements(coins, epoch.clustering.cluster, half) for half in HALVES}}
            for epoch in found.epochs
        ],
        "cluster": found.cluster.tolist(),
    }


def find(coins: CoinSet, settings: Run, device: torch.device, described: dict[str, Points]) -> Found:
    """Partition the coins in one way; what needs no seed is kept in `described` for the next one."""
    way, options = settings["way"], TrainingOptions.model_validate(settings["options"])
    if way in (*DESCRIBE, TUNED) or library_network(way):
        if way == TUNED:
            described[way] = matching_by("tuned", coins, device, seed=options.seed)
        elif way not in described and library_network(way):
            described[way] = matching_by(way, coins, device, seed=options.seed)
        elif way not in described:
            forget_descriptions()
            described[way] = DESCRIBE[way](coins, device)
        if way == "ward":
            return Found(ward(described[way], coins.k), described[way], [])
        if way in GRAPHS or library_network(way):  # as a training finds them
            clustering, _about_seeds = partition_once(described[way], options, gpu=False)
        else:
            clustering, _about_seeds = partition(described[way], options, epoch=0, gpu=False)
        return Found(clustering.cluster, described[way], [])
    trainer = trainer_of(coins.pixels, options, device=device)
    epochs = [trainer.run_epoch() for _ in range(settings["epochs"])]
    outcome = trainer.finish()
    points = outcome.whitening.apply(trainer.features())
    return Found(outcome.clustering.cluster, points, [*epochs, outcome.last])


def chosen(coins: CoinSet, half: str) -> npt.NDArray[np.bool_]:
    """Return which coins are in a half (N)."""
    odd = np.array([zlib.crc32(one.encode()) % 2 == 1 for one in coins.coin_id])
    return {"A": ~odd, "B": odd, "all": np.ones_like(odd)}[half]


def agreements(coins: CoinSet, cluster: npt.NDArray[np.int64], half: str) -> dict[str, dict[str, float]]:
    """Return how a partition agrees with each label, among the coins of a half that have it."""
    found = {}
    for name, label in (coins.meanings | coins.nuisances).items():
        rows = chosen(coins, half) & (label != "")
        both = agreement(label[rows], cluster[rows])
        found[name] = {"ami": round(both.ami, 4), "ari": round(both.ari, 4)}
    return found


def score(coins: CoinSet, found: Found, half: str) -> Run:
    """Return the scores of one run on a half of the coins."""
    label = next(iter(coins.meanings.values()))
    rows = chosen(coins, half) & (label != "")
    right = np.mean(voted(found.points[rows], label[rows]) == label[rows])
    return {
        "neighbours": round(float(right), 4),
        "labels": agreements(coins, found.cluster, half),
    }


def voted(points: Points, label: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Return the commonest label among each point's neighbours (N); of equals, that of the nearer."""
    names, number = np.unique(label, return_inverse=True)
    nearest = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points).kneighbors(return_distance=False)
    votes = np.zeros((len(points), len(names)))
    for rank, neighbour in enumerate(nearest.T):
        votes[np.arange(len(points)), number[neighbour]] += 1 - rank / (10 * NEIGHBOURS)
    winners: npt.NDArray[np.str_] = names[votes.argmax(axis=1)]
    return winners


def summarise(coins: CoinSet, runs: list[Run], half: str) -> list[Run]:
    """Return a row for each label: means over the seeds of one way, empty where all of them failed."""
    settings, rows = runs[0]["settings"], chosen(coins, half)
    made = [run for run in runs if "error" not in run]
    scores = [run["scores"][half] for run in made]
    partitions = [np.array(run["cluster"])[rows] for run in made]
    common = {
        "set": settings["set"],
        "way": settings["way"],
        "half": half,
        "coins": int(rows.sum()),
        "k": coins.k,
        "epochs": settings["epochs"],
        "seeds": len(made),
        "neighbours": mean([one["neighbours"] for one in scores]),
        "stability": mean_agreement(partitions) if len(made) > 1 else np.nan,
        "core_s": max((run["core_s"] for run in made), default=np.nan),
    }
    table = []
    for label in (*coins.meanings, *coins.nuisances):
        ami = [one["labels"][label]["ami"] for one in scores]
        figures = {"ami": mean(ami), "ami_lowest": min(ami, default=np.nan)}
        figures |= {"ami_highest": max(ami, default=np.nan)}
        figures["ari"] = mean([one["labels"][label]["ari"] for one in scores])
        table.append({**common, "label": label, "nuisance": label in coins.nuisances, **figures})
    return table


def mean(values: list[float]) -> float:
    """Return the mean of some values, NaN of none."""
    return float(np.mean(values)) if values else np.nan


def show(table: pd.DataFrame, output: Path) -> None:
    """Print the table, and write it and the plot."""
    (output / "table.csv").write_bytes(csv_bytes(table.round(4)))
    blocks = []
    for (name, half, coins, k), rows in table.groupby(["set", "half", "coins", "k"], sort=False):
        block = rows.drop_duplicates("way").set_index("way")
        figures = {"5-NN": block["neighbours"], "stability": block["stability"]}
        for label, of_label in rows.set_index("way").groupby("label", sort=False):
            if of_label["nuisance"].any():
                figures[f"nuisance {label}"] = of_label["ami"]
            else:
                figures |= {f"AMI {label}": of_label["ami"], f"ARI {label}": of_label["ari"]}
        shown = pd.DataFrame(figures).round(2).join(block[["core_s", "epochs", "seeds"]])
        written = shown.rename_axis(None).to_string(na_rep="-")
        blocks.append(f"{name}, half {half}: {coins} coins, k = {k}\n{written}\n")
    text = "\n".join(blocks)
    (output / "table.txt").write_text(text, encoding="utf-8")
    print(f"\n{text}")
    draw(table, output / "plot.png")


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw AMI of each way with meanings (filled) and nuisances (hollow), a panel for each set."""
    names = list(table["set"].unique())
    with mpl.rc_context(STYLE):
        ways = list(table["way"].unique())
        size = (3.4 * len(names) + 1.2, 0.34 * len(ways) + 1.9)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
        for panel, name in zip(panels, names, strict=True):
            rows = table[table["set"] == name]
            for position, (label, of_label) in enumerate(rows.groupby("label", sort=False)):
                hollow = bool(of_label["nuisance"].iloc[0])
                colour = ROSE if hollow else (BRONZE, PATINA)[position % 2]
                place = [ways.index(way) + 0.12 * position - 0.2 for way in of_label["way"]]
                panel.hlines(place, of_label["ami_lowest"], of_label["ami_highest"], color=colour, lw=1)
                face = "none" if hollow else colour
                panel.scatter(
                    of_label["ami"], place, marker="osD^v"[position % 5], ec=colour, fc=face, label=label
                )
            panel.axvline(0, color="#b9b3a6", lw=0.6)
            panel.set(xlabel="AMI", yticks=range(len(ways)), yticklabels=ways)
            panel.legend(title=name, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
        panels[0].invert_yaxis()
        figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
