"""The file of an experiment: photographs, what all trainings share, and what each of them has of its own."""

import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from coin_xai.common.options import Options
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from flows.parameters import Duration, Photographs, Place
from storage.errors import RunMismatchError
from storage.place import is_url
from storage.runs import check_name

TRAINING, DURATION = TrainingOptions.model_fields, Duration.model_fields
PATHS = ("init_weights", "features", "init_assignments")
Values = Mapping[str, Any]


class Experiment(Options):
    """What a file of an experiment says; its tables are called like the parameters of a study."""

    photographs: Photographs
    seeds: tuple[int, ...] = Field((TRAINING["seed"].default,), min_length=1)
    training: dict[str, Any] = Field(default_factory=dict)
    duration: dict[str, Any] = Field(default_factory=dict)
    explanation: ExplanationOptions = ExplanationOptions()
    claims: ClaimsOptions = ClaimsOptions()
    grid: dict[str, list[Any]] = Field(default_factory=dict)
    settings: list[dict[str, Any]] = Field(default_factory=list)


@dataclass(frozen=True)
class Setting:
    """One training of an experiment.

    Attributes:
        run: name of its run.
        own: what it has of its own, in words, without the seed.
        training: how coins are clustered.
        duration: how long it trains.
    """

    run: str
    own: str
    training: TrainingOptions
    duration: Duration


def read_experiment(file: Path) -> Experiment:
    """Read the file of an experiment (TOML); relative paths in it are relative to its folder.

    Raises:
        OptionError: the file is not there, or says what no experiment can have.
    """
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f"{file} cannot be read as TOML: {error}") from error
    try:
        found = Experiment.model_validate(told)
    except ValidationError as error:
        raise OptionError(f"{file}: {_first(error)}") from error
    empty = [name for name, values in found.grid.items() if not values]
    if empty:
        raise OptionError(f"{file}: [grid] has no value of {', '.join(empty)}; give some, or leave it out")
    if found.grid and found.settings:
        raise OptionError(f"{file} has both [grid] and [[settings]]; keep one of them")
    where, folder = found.photographs, file.parent
    there = {name: folder / path for name in ("images", "coins") if (path := getattr(where, name))}
    return found.model_copy(
        update={
            "photographs": where.model_copy(update=there),
            "claims": _found(folder, found.claims),
            "training": _from(folder, found.training),
            "settings": [_from(folder, one) for one in found.settings],
            "grid": {
                name: [_from(folder, {name: one})[name] for one in values]
                for name, values in found.grid.items()
            },
        }
    )


def settings_of(experiment: Experiment, *, file: Path, name: str | None) -> list[Setting]:
    """Return the trainings of an experiment: all seeds of the first setting, then those of the next.

    Args:
        experiment: as read.
        file: that it was read from; messages name it.
        name: what the names of its runs begin with; the name of the file without it.

    Raises:
        OptionError: a setting cannot be trained so, or two have one name.
    """
    found = []
    for own in _own(experiment):
        called = str(own.pop("name", "") or _name_of(own))
        where = f"{file}, {called}" if called else f"{file}"
        for values in (experiment.training, own):
            _require_known(values, where)
        for seed in experiment.seeds:
            run = "-".join(part for part in (name or file.stem, called, f"seed{seed}") if part)
            try:
                check_name(run)
                training = {**experiment.training, **_of(own, TRAINING), "seed": seed}
                duration = {**experiment.duration, **_of(own, DURATION)}
                found.append(
                    Setting(
                        run,
                        ", ".join(f"{option} {value}" for option, value in own.items()),
                        TrainingOptions.model_validate(training),
                        Duration.model_validate(duration),
                    )
                )
            except ValidationError as error:
                raise OptionError(f"{where}: {_first(error)}") from error
            except RunMismatchError as error:
                raise OptionError(f"{where}: {error}") from error
    names = [one.run for one in found]
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise OptionError(
            f"{file} has more than one training called {', '.join(twice)}; give settings a name"
        )
    return found


def _require_known(values: Values, where: str) -> None:
    if "seed" in values:
        raise OptionError(f"{where}: seed stands in no table; say at the top of the file: seeds = [1, 2, 3]")
    strange = sorted(values.keys() - {*TRAINING, *DURATION})
    if strange:
        raise OptionError(
            f"{where}: {', '.join(strange)} is no option of a training; a setting has a name and what "
            "[training] and [duration] can have (docs/options.md, with _ for -)"
        )


def _own(experiment: Experiment) -> list[dict[str, Any]]:
    """Return what each setting has of its own."""
    if experiment.settings:
        return [dict(one) for one in experiment.settings]
    combinations = itertools.product(*experiment.grid.values())
    return [dict(zip(experiment.grid, values, strict=True)) for values in combinations]


def _of(values: Values, known: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in known}


def _from(folder: Path, values: Values) -> dict[str, Any]:
    """Return values with paths that are relative to a folder."""
    return {name: folder / value if name in PATHS and value else value for name, value in values.items()}


def _found(folder: Path, claims: ClaimsOptions) -> ClaimsOptions:
    """Return options of claims whose table of parts is relative to a folder."""
    table = claims.parts_table
    return claims if table is None else claims.model_copy(update={"parts_table": folder / table})


def _name_of(own: Values) -> str:
    """Return a name for a setting that has none: k50, or k50-description_pretrained."""
    parts = [
        f"{name}{value}"
        if isinstance(value, int) and not isinstance(value, bool)
        else f"{name}_{_short(value)}"
        for name, value in own.items()
    ]
    return re.sub(r"[^\w.+-]+", "_", "-".join(parts))


def _short(value: object) -> object:
    """Return the name of a file without its folders, which differ by who names them."""
    return value.name if isinstance(value, Path) else value


def parameters_of(told: Experiment, setting: Setting, *, place: Place) -> dict[str, Any]:
    """Return the parameters of a study of one setting as a Prefect server takes them.

    Args:
        told: what the file says.
        setting: one of its settings.
        place: where runs are kept, as this process sees it.
    """
    runs = place.runs if is_url(place.runs) else str(place.folder.resolve())
    where = place.model_copy(update={"runs": runs, "name": setting.run})
    models: dict[str, Options] = {
        "photographs": told.photographs,
        "training": setting.training,
        "duration": setting.duration,
        "place": where,
        "explanation": told.explanation,
        "claims": told.claims,
    }
    # What was left out stays left out: a form would take it for meant.
    given = {name: _given(model) for name, model in models.items()}
    return {name: values for name, values in given.items() if values}


def _given(model: Options) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_unset=True, exclude_none=True)


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(one) for one in first["loc"])
    return f"{where}: {first['msg'].removeprefix('Value error, ')}" if where else first["msg"]
