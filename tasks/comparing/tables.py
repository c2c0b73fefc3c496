"""What a comparison says, as tables to take away."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.clustering.agreement import agreement
from coin_xai.comparison.cores import ALONE
from coin_xai.comparison.correspondence import correspondence
from coin_xai.comparison.movements import movements
from coin_xai.comparison.settings import SEED, differing, groups_of_seeds, mean_and_spread
from coin_xai.evidence.recognition_tables import HOG, NETWORK, SHUFFLED
from storage.layout import RunLayout
from storage.tables import read_frame
from tasks.comparing.findings import Findings
from tasks.comparing.finished_run import FinishedRun

FIGURES = ("recognition", "recognition_hog", "stability", "ami_to_label")
"""What runs are compared by; of the seeds of a setting they have a mean and a spread."""

FALLS = ("k", "eigenvalue", "fall", "times")
NOTHING_LEARNT = ("hog", "untrained")


@dataclass(frozen=True)
class Tables:
    """Tables of a comparison; runs and clusters are named as in their own tables.

    Attributes:
        settings: names of the settings in which the runs differ.
        runs: a row a run: run, setting (a number), the settings that differ, coins, compared, clusters,
            recognition with interval and what learnt nothing, stability, agreement with the label, verdicts,
            warnings.
        seeds: a row a setting: setting, seeds, and of FIGURES mean, spread and how many seeds know them.
        agreement: run, other, ami; each pair once.
        matches: run, other, before, after, jaccard: which cluster of a run is which of another one.
        flows: the same with coins and shares, of runs that follow each other.
        parents: k, run, cluster, parent_run, parent, coins, share: where the clusters come from once k rises.
        falls: k, eigenvalue, fall, times, of the graph of matching coins; no row where there is none.
        cores: core, coins, expected, beyond_chance, the cluster in each run, and the commonest label.
        coins: coin_id, label, core, company, and the cluster in each run.
    """

    settings: Sequence[str]
    runs: pd.DataFrame
    seeds: pd.DataFrame
    agreement: pd.DataFrame
    matches: pd.DataFrame
    flows: pd.DataFrame
    parents: pd.DataFrame
    falls: pd.DataFrame
    cores: pd.DataFrame
    coins: pd.DataFrame

    def by_name(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the names of their files."""
        return {name: value for name, value in vars(self).items() if isinstance(value, pd.DataFrame)}


def tables_of(findings: Findings) -> Tables:
    """Return the tables of a comparison."""
    names = [run.name for run in findings.runs]
    partitions, ami = findings.comparison.partitions, findings.comparison.ami
    settings = [run.settings for run in findings.runs]
    told, groups = differing(settings), groups_of_seeds(settings)
    runs = pd.DataFrame(
        [
            {
                "run": run.name,
                "setting": groups[position],
                **{name: _plain(run.settings.get(name)) for name in told},
                **_figures(run, findings, partitions[position]),
            }
            for position, run in enumerate(findings.runs)
        ]
    )
    pairs = list(combinations(range(len(names)), 2))
    tree = findings.comparison.tree
    return Tables(
        settings=told,
        runs=runs,
        seeds=mean_and_spread(
            runs.reindex(columns=list(FIGURES)).astype(float), groups, [one.get(SEED) for one in settings]
        ).rename(columns={"group": "setting"}),
        agreement=pd.DataFrame(
            [(names[one], names[other], ami[one, other]) for one, other in pairs],
            columns=["run", "other", "ami"],
        ),
        matches=pd.concat(
            [
                _between(names[one], names[other], correspondence(partitions[one], partitions[other]))
                for one, other in pairs
            ],
            ignore_index=True,
        ),
        flows=pd.concat(
            [
                _between(names[one], names[other], movements(partitions[one], partitions[other]))
                for one, other in pairwise(range(len(names)))
            ],
            ignore_index=True,
        ),
        parents=_parents(names, partitions, tree),
        falls=pd.DataFrame(columns=FALLS) if findings.falls is None else findings.falls.table,
        cores=_cores(findings),
        coins=_coins(findings),
    )


def _figures(run: FinishedRun, findings: Findings, partition: npt.NDArray[np.int64]) -> dict[str, object]:
    recognition = run.recognition()
    row: dict[str, object] = {
        "coins": len(run.partition),
        "compared": len(findings.coin_ids),
        "clusters": run.partition["cluster"].nunique(),
    }
    if recognition is not None:
        own = recognition.summary.set_index("what").loc[NETWORK]
        row["recognition"], row["recognition_low"], row["recognition_high"] = own[
            ["recognition", "low", "high"]
        ]
        row["recognition_is_upper_bound"] = recognition.upper_bound
        row["recognition_hog"] = recognition.recognition(HOG)
        row["recognition_shuffled"] = recognition.recognition(SHUFFLED)
    if "stability" in run.partition:
        row["stability"] = float(run.partition["stability"].mean())
    if findings.label is not None:
        known = findings.label.notna().to_numpy()
        label = findings.label.to_numpy()[known]
        row["ami_to_label"] = _ami(label, partition[known])
        for name, baseline in _baselines(run.layout, findings.coin_ids).items():
            row[f"{name}_ami_to_label"] = _ami(label, baseline[known])
    verdicts = run.verdicts().sort_values("number")
    if len(verdicts):
        pairs = zip(verdicts["number"], verdicts["verdict"], strict=True)
        row["claims"] = "; ".join(f"{number} {verdict}" for number, verdict in pairs)
    row["warnings"] = " ".join(run.warnings())
    return row


def _ami(label: npt.NDArray[np.object_], cluster: npt.NDArray[np.int64]) -> float:
    """Return how far a label and clusters agree; of fewer than two coins nobody can tell."""
    return agreement(label, cluster).ami if len(label) > 1 else math.nan


def _baselines(layout: RunLayout, coin_ids: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
    """Return the clusters of what learnt nothing, where the run keeps them of all these coins."""
    if not layout.baselines.exists():
        return {}
    table = read_frame(layout.baselines).set_index("coin_id").reindex(list(coin_ids))
    whole = [name for name in NOTHING_LEARNT if name in table and table[name].notna().all()]
    return {name: table[name].to_numpy(np.int64) for name in whole}


def _between(run: str, other: str, table: pd.DataFrame) -> pd.DataFrame:
    """Put the names of two runs before a table about them."""
    table.insert(0, "run", run)
    table.insert(1, "other", other)
    return table


def _parents(
    names: Sequence[str], partitions: Sequence[npt.NDArray[np.int64]], tree: Sequence[int]
) -> pd.DataFrame:
    columns = ["k", "run", "cluster", "parent_run", "parent", "coins", "share"]
    found = [pd.DataFrame(columns=columns)]
    for before, after in pairwise(tree):
        moves = movements(partitions[before], partitions[after]).rename(
            columns={"before": "parent", "after": "cluster", "share_of_after": "share"}
        )
        named = moves.assign(
            k=len(np.unique(partitions[after])), run=names[after], parent_run=names[before]
        ).sort_values(["cluster", "share"], ascending=[True, False], kind="stable")
        found.append(named[columns])
    return pd.concat(found[1:] or found, ignore_index=True)


def _cores(findings: Findings) -> pd.DataFrame:
    found = findings.comparison.cores
    numbers, first = np.unique(found.core, return_index=True)
    first = first[numbers != ALONE]
    table = found.table.assign(
        **{
            f"cluster_{run.name}": partition[first]
            for run, partition in zip(findings.runs, findings.comparison.partitions, strict=True)
        }
    )
    if findings.label is None:
        return table
    known = pd.DataFrame({"core": found.core, "label": findings.label.to_numpy()}).dropna()
    counted = known.value_counts().rename("share").reset_index()
    counted = counted.sort_values(["share", "label"], ascending=[False, True])  # as the page does of ties
    counted["share"] /= counted.groupby("core")["share"].transform("sum")
    commonest = counted.drop_duplicates("core").set_index("core").reindex(table["core"])
    return table.assign(label=commonest["label"].to_numpy(), label_share=commonest["share"].to_numpy())


def _coins(findings: Findings) -> pd.DataFrame:
    core = pd.array(findings.comparison.cores.core, dtype="Int64")
    core[findings.comparison.cores.core == ALONE] = pd.NA
    table = pd.DataFrame({"coin_id": list(findings.coin_ids)})
    if findings.label is not None:
        table["label"] = findings.label.to_numpy()
    return table.assign(
        core=core,
        company=findings.comparison.company,
        **{
            f"cluster_{run.name}": partition
            for run, partition in zip(findings.runs, findings.comparison.partitions, strict=True)
        },
    )


def _plain(value: Any) -> Any:
    """Return a setting as a cell holds it."""
    return str(value) if isinstance(value, list | dict) else value
