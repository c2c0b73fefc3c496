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


def mean_and_spread(figures: pd.DataFrame, groups: Sequence[int], seeds: Sequence[object]) -> pd.DataFrame:
    """Return mean and standard deviation of figures over the seeds of a setting.

    A run that repeats another tells nothing of how much seeds matter, so each seed counts once: of each
    figure, by its first run that knows it.

    Args:
        figures: a row a run, columns of numbers alone (R).
        groups: the setting of each run (R).
        seeds: the seed of each run (R).

    Returns:
        group, seeds (how many), and of each figure `<name>_mean`, `<name>_spread` (with S - 1; not a number
        for one seed) and `<name>_seeds` (S, those that know the figure), one row for each setting.
    """
    own = figures.groupby(
        [
            pd.Series(values, index=figures.index, name=name)
            for name, values in (("group", groups), (SEED, seeds))
        ],
        dropna=False,
    ).first()
    by = own.groupby(level="group")
    parts = {"mean": by.mean(), "spread": by.std(ddof=1), "seeds": by.count()}
    found = pd.DataFrame({f"{name}_{end}": part[name] for name in figures for end, part in parts.items()})
    found.insert(0, "seeds", by.size())
    return found.reset_index()
