"""In which settings runs differ, and which of them differ in their seed alone."""

from collections.abc import Mapping, Sequence

import pandas as pd

Settings = Mapping[str, object]
"""Values by name that JSON knows; no two settings that it writes alike are told apart."""

SEED = "seed"


def differing(settings: Sequence[Settings]) -> list[str]:
    """Return the names of the settings that are not the same in all runs, in the order of their first use."""
    names = dict.fromkeys(name for one in settings for name in one)
    return [name for name in names if any(one.get(name) != settings[0].get(name) for one in settings)]


def groups_of_seeds(settings: Sequence[Settings]) -> list[int]:
    """Return for each run the number of its setting; runs that differ in their seed alone have one number."""
    kinds: list[dict[str, object]] = []
    found = []
    for one in settings:
        without = {name: value for name, value in one.items() if name != SEED}
        if without not in kinds:
            kinds.append(without)
        found.append(kinds.index(without))
    return found


def mean_and_spread(figures: pd.DataFrame, groups: Sequence[int]) -> pd.DataFrame:
    """Return mean and standard deviation of figures over the seeds of a setting.

    Args:
        figures: a row a run, columns of numbers alone (R).
        groups: the setting of each run (R).

    Returns:
        group, runs, and of each figure `<name>_mean` and `<name>_spread` (with R - 1; not a number for one
        run), one row for each setting.
    """
    by = figures.groupby(pd.Series(groups, index=figures.index, name="group"))
    means, spreads = by.mean().add_suffix("_mean"), by.std(ddof=1).add_suffix("_spread")
    runs = by.size().rename("runs")
    names = [f"{name}_{end}" for name in figures for end in ("mean", "spread")]
    return means.join(spreads)[names].join(runs).reset_index()[["group", "runs", *names]]
