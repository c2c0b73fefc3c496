import numpy as np
import pandas as pd
import pytest

from coin_xai.comparison.comparison import compare
from coin_xai.comparison.settings import mean_and_spread
from coin_xai.report.comparison.model import ComparisonReport, RunMaps, RunShown
from coin_xai.report.model import Table

HOSTILE = "<script>alert('coin')</script>\"&"
PARTITIONS = (
    np.array([4, 4, 4, 7, 7, 7]),
    np.array([0, 0, 0, 1, 1, 0]),
    np.array([2, 2, 3, 5, 5, 5]),
)


def maps(count):
    return RunMaps(
        method="HiResCAM",
        grid=(2, 2),
        alike=True,
        maximum=np.r_[np.nan, np.full(count - 1, 0.5)],
        steps=np.arange(4 * count, dtype=np.uint8).reshape(count, 4),
        squares=np.full((count, 5), 12.5),
        aspect=np.full(count, 1.25),
    )


@pytest.fixture
def report():
    """Return a small report: six coins in three runs, of which the first two are seeds of one setting."""

    def make(*, names=("a", "b", "c"), coin_ids=tuple("uvwxyz"), label="type", falls=None, **other):
        comparison = compare(PARTITIONS, np.random.default_rng(1))
        verdicts = pd.DataFrame(
            {"number": [3, 4], "claim": "-", "verdict": ["refuted", "no relevant effect"]}
        )
        runs = pd.DataFrame(
            {
                "run": names,
                "setting": [0, 0, 1],
                "k": [2, 2, 3],
                "seed": [1, 2, 1],
                "coins": 6,
                "compared": 6,
                "clusters": [2, 2, 3],
                "recognition": [0.5, 0.75, np.nan],
                "recognition_low": [0.4, 0.6, np.nan],
                "recognition_high": [0.6, 0.9, np.nan],
                "recognition_hog": [0.25, 0.25, np.nan],
                "stability": [0.5, 1.0, 0.75],
                "ami_to_label": [0.1, -0.001, 0.3],
                "claims": ["", "", "3 refuted"],
            }
        )
        figures = runs[["recognition", "stability", "ami_to_label"]]
        shown = [
            RunShown(
                name=name,
                names={4: "axe"} if number == 0 else {},
                typical={int(one): np.flatnonzero(own == one).tolist() for one in np.unique(own)},
                left_out=2 * number,
                warnings=["3 of 9 clusters are empty. Choose a smaller k."] if number == 1 else [],
                verdicts=verdicts if number == 2 else verdicts[:0],
                maps=maps(6) if number == 0 else None,
            )
            for number, (name, own) in enumerate(zip(names, PARTITIONS, strict=True))
        ]
        return ComparisonReport(
            comparison=comparison,
            coin_ids=list(coin_ids),
            stems=[f"stem-{number}" for number in range(6)],
            photographed=np.array([True, False, True, True, True, True]),
            shown=shown,
            settings=["k", "seed"],
            runs=runs,
            seeds=mean_and_spread(figures, [0, 0, 1], runs["seed"]).rename(columns={"group": "setting"}),
            cores=comparison.cores.table,
            falls=falls,
            label=None if label is None else (label, ["p", "p", None, "q", "q", "p"]),
            tables=[Table("table_runs", [("CSV", "tables/runs.csv")])],
            **other,
        )

    return make
