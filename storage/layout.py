"""Every file name of a run, once.

runs/
├── pixels/<parameters>/            photographs, decoded once for all runs
├── collections/<key>.parquet       tables of coins, one a folder of photographs as it was when ingested
├── comparisons/<fingerprint>/      several runs beside each other
│   ├── comparison.html             the page, and comparison.de.html; needs the folders beside it
│   ├── app, photographs            needed by the page
│   └── tables, partitions          what it says, to take away, and the clusters of each run
└── <run>/
    ├── run.json                    what the run is of: photographs and options
    ├── coins.parquet               one row a photograph, the broken ones with their reason
    ├── frames.parquet, cells.npy   where each coin lies in its photograph, and what its parts are compared by
    ├── cut-outs.npy                each coin alone, in grey
    ├── views/<what>/<chunk>/       what each coin shows by itself, for runs of more coins; sent nowhere
    ├── pretrained-maps/            what a pretrained network sees, until coins are compared; sent nowhere
    ├── matches/<what>/<block>/     which of many coins match, until a checkpoint holds it; sent nowhere
    ├── source.json                 where the photographs lie
    ├── times/<begun>-<sign>.json   what each stage cost, a file for each process that worked on the run
    ├── training/
    │   ├── metrics.csv             one row an epoch
    │   ├── curves.png              the same to look at
    │   ├── baselines.parquet       partitions that learnt nothing, to compare with
    │   ├── assignments/0003.parquet    the partition of each epoch
    │   └── checkpoints/0010.json, 0010.pt, 0010.parquet    record, weights, final partition
    ├── explanations/<fingerprint>/
    │   ├── maps/<cluster>/<chunk>/     raw maps and features, a folder a chunk
    │   ├── results/<epoch>/<cluster>/<coin>-<method>.jpg
    │   ├── assignments.parquet, assignments.csv
    │   ├── recognition/            which held-out coins are recognised, and by what that learnt nothing
    │   ├── report.html
    │   ├── page/app, page/pictures/<cluster>, page/tables, page/contrasts, page/claims    needed by the page
    │   └── manifest.json           written last
    ├── annotations.parquet         what people noted on the page
    ├── <run>.zip                   page, citation and how to reproduce, to be mailed
    ├── claims/<epoch>-<parts>/     what may be said of a checkpoint
    │   ├── coins/<cluster>/<chunk>/    what was measured of each coin, a folder a chunk
    │   └── answers/                verdicts, the measurements of all coins, and how they were made
    ├── sanity/<epoch>/             whether the maps depend on what was learnt
    └── latest -> explanations/<fingerprint>
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

PLAIN_SIGNS = "._-+ "
LONGEST_STEM = 120


@dataclass(frozen=True)
class ExplanationLayout:
    """The files of one explanation of one checkpoint."""

    root: Path

    @property
    def manifest(self) -> Path:
        """What the explanation holds and how it was made; there only when it is complete."""
        return self.root / "manifest.json"

    @property
    def assignments(self) -> Path:
        """The table of coins and clusters, as Parquet."""
        return self.root / "assignments.parquet"

    @property
    def assignments_csv(self) -> Path:
        """The same for a spreadsheet."""
        return self.root / "assignments.csv"

    @property
    def recognition(self) -> Path:
        """Which coins are recognised that were held out: tables of coins, of clusters and of all."""
        return self.root / "recognition"

    @property
    def report(self) -> Path:
        """The page to look at."""
        return self.root / "report.html"

    @property
    def page(self) -> Path:
        """The folder that the page needs beside it."""
        return self.root / "page"

    @property
    def page_app(self) -> Path:
        """Programs, styles and data of the page."""
        return self.page / "app"

    @property
    def page_tables(self) -> Path:
        """What was measured for the page: features, measures, neighbours, history, cleaning, concepts."""
        return self.page / "tables"

    @property
    def page_contrasts(self) -> Path:
        """What tells each cluster from its nearest ones, on its most typical coins."""
        return self.page / "contrasts"

    @property
    def page_claims(self) -> Path:
        """What may be said of the run, as the page says it; there only where it was asked."""
        return self.page / "claims"

    def page_pictures(self, cluster: int) -> Path:
        """Return the folder of the small pictures of one cluster."""
        return self.page / "pictures" / str(cluster)

    def lock(self, cluster: int) -> Path:
        """Return the lock of one cluster, held by the process that explains it together with others."""
        return self.root / "locks" / f"{cluster}.lock"

    def maps(self, cluster: int, chunk: int) -> Path:
        """Return the folder of one chunk of raw maps."""
        return self.root / "maps" / str(cluster) / str(chunk)

    def pictures(self, epoch: int, cluster: int) -> Path:
        """Return the folder of one cluster's pictures."""
        return self.root / "results" / str(epoch) / str(cluster)


@dataclass(frozen=True)
class ClaimsLayout:
    """The files of what may be said of one checkpoint."""

    root: Path

    def coins(self, cluster: int, chunk: int) -> Path:
        """Return the folder of what was measured of one chunk of coins."""
        return self.root / "coins" / str(cluster) / str(chunk)

    @property
    def answers(self) -> Path:
        """The folder of verdicts and tables."""
        return self.root / "answers"


@dataclass(frozen=True)
class ComparisonLayout:
    """The files of one comparison of several runs."""

    root: Path

    @property
    def app(self) -> Path:
        """Programs, styles and data of the page."""
        return self.root / "app"

    @property
    def photographs(self) -> Path:
        """The small photographs of the coins that are compared."""
        return self.root / "photographs"

    @property
    def tables(self) -> Path:
        """What the page says, as Parquet and CSV."""
        return self.root / "tables"

    @property
    def partitions(self) -> Path:
        """The cluster of each coin, a JSON file for each run."""
        return self.root / "partitions"

    def page(self, language: str) -> Path:
        """Return the page in a language; English has the plain name."""
        return self.root / ("comparison.html" if language == "en" else f"comparison.{language}.html")


@dataclass(frozen=True)
class RunLayout:
    """The files of one run."""

    root: Path

    @property
    def record(self) -> Path:
        """What the run is of."""
        return self.root / "run.json"

    @property
    def lock(self) -> Path:
        """Held by the process that works on the run."""
        return self.root / "run.lock"

    @property
    def training_lock(self) -> Path:
        """Held by the process that trains, which need not be the one that works on the run."""
        return self.root / "training.lock"

    @property
    def coins(self) -> Path:
        """The table of photographs."""
        return self.root / "coins.parquet"

    @property
    def outlines(self) -> Path:
        """Where the coin lies in each photograph."""
        return self.root / "outlines.parquet"

    @property
    def views(self) -> Path:
        """What each coin shows whichever others there are, in chunks; may be removed, and is sent nowhere."""
        return self.root / "views"

    @property
    def pretrained_maps(self) -> Path:
        """What a pretrained network sees in each coin, in chunks, until coins are compared; sent nowhere."""
        return self.root / "pretrained-maps"

    @property
    def matches(self) -> Path:
        """Which of many coins match, in blocks, until a checkpoint holds all of them; sent nowhere."""
        return self.root / "matches"

    @property
    def frames(self) -> Path:
        """Where each coin lies when it is laid over the others."""
        return self.root / "frames.parquet"

    @property
    def cells(self) -> Path:
        """What the parts of each coin are compared by."""
        return self.root / "cells.npy"

    @property
    def cut_outs(self) -> Path:
        """Each coin alone, in grey, as networks see it that are shown coins laid over each other."""
        return self.root / "cut-outs.npy"

    @property
    def baselines(self) -> Path:
        """Partitions that learnt nothing, which others are compared with."""
        return self.training / "baselines.parquet"

    @property
    def source(self) -> Path:
        """Where the photographs lie; other than what they are, that is no part of the run's identity."""
        return self.root / "source.json"

    @property
    def times(self) -> Path:
        """The folder of what each stage cost, a file for each process."""
        return self.root / "times"

    @property
    def annotations(self) -> Path:
        """What people noted about coins and clusters."""
        return self.root / "annotations.parquet"

    @property
    def training(self) -> Path:
        """What a training leaves behind."""
        return self.root / "training"

    @property
    def metrics(self) -> Path:
        """One row of figures per epoch."""
        return self.training / "metrics.csv"

    @property
    def curves(self) -> Path:
        """The figures as curves."""
        return self.training / "curves.png"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.training / "checkpoints"

    @property
    def latest(self) -> Path:
        """Link to the explanation made last."""
        return self.root / "latest"

    def bundle(self, *, photographs: bool) -> Path:
        """Return the file to mail and cite, with the photographs or without them."""
        suffix = "" if photographs else "-without-photographs"
        return self.root / f"{self.root.name}{suffix}.zip"

    def claims(self, epoch: int, parts: str) -> ClaimsLayout:
        """Return the files of what may be said of one checkpoint, with coins divided into such parts."""
        return ClaimsLayout(self.root / "claims" / f"{epoch}-{parts}")

    def sanity(self, epoch: int) -> Path:
        """Return the folder of what tests of the explanations of one checkpoint found."""
        return self.root / "sanity" / str(epoch)

    def assignments(self, epoch: int) -> Path:
        """Return the file of the partition of one epoch."""
        return self.training / "assignments" / f"{epoch:04d}.parquet"

    def final_assignments(self, epoch: int) -> Path:
        """Return the partition of a finished training, with what its head says of every coin."""
        return self.checkpoints / f"{epoch:04d}.parquet"

    def explanation(self, fingerprint: str) -> ExplanationLayout:
        """Return the files of the explanation with that fingerprint."""
        return ExplanationLayout(self.root / "explanations" / fingerprint)


def pixels_folder(runs: Path, key: str) -> Path:
    """Return the folder of the decoded photographs that all runs share."""
    return runs / "pixels" / key


def comparisons_folder(runs: Path) -> Path:
    """Return the folder of the comparisons of runs in a folder."""
    return runs / "comparisons"


def collection_file(runs: Path, key: str) -> Path:
    """Return the table of coins of one folder of photographs, as it was when ingested."""
    return runs / "collections" / f"{key}.parquet"


def file_stem(coin_id: str) -> str:
    """Turn a coin_id into a file name: readable, the same coin never shared with another, no path.

    Letters and digits of any script and the signs `._-+` and blanks stay; others, and a first or last
    sign that file systems or shells stumble over, become `=` and two hexadecimal digits a byte.
    A long name is cut and ends in a hash of the whole.
    """
    safe = []
    for position, sign in enumerate(coin_id):
        at_an_end = position in (0, len(coin_id) - 1)
        if sign.isalnum() or (sign in PLAIN_SIGNS and not at_an_end):
            safe.append(sign)
        else:
            safe.extend(f"={byte:02X}" for byte in sign.encode(errors="surrogatepass"))
    stem = "".join(safe)
    if len(stem.encode()) <= LONGEST_STEM:
        return stem
    kept = stem.encode()[: LONGEST_STEM - 13].decode(errors="ignore")
    return f"{kept}={hashlib.sha256(coin_id.encode(errors='surrogatepass')).hexdigest()[:12]}"
