"""Turns option models into options of the command line: one place for names, bounds, defaults and help."""

import re
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
import rich_click as click
from click import get_current_context
from click.core import ParameterSource
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

M = TypeVar("M", bound=BaseModel)
Command = Callable[..., Any]

ESSENTIAL = "Essential options"
FOREIGN = "Training of another program"

PANELS: dict[str, tuple[str, ...]] = {
    ESSENTIAL: (
        "k",
        "epochs",
        "seed",
        "coins",
        "label",
        "runs",
        "name",
        "keep_last",
        "older_than",
        "dry_run",
    ),
    "Clustering": ("clustering", "description", "orientation", "features", "init_assignments"),
    "Network": ("network", "front", "width", "init_weights", "sobel", "centre_crop", "background"),
    "Learning": (
        "trainer",
        "profile",
        "batch_size",
        "learning_rate",
        "processes",
        "checkpoint_every",
        "crop_scale_min",
        "flip",
        "rotation_deg",
        "studio",
    ),
    "Explanation": ("also", "target", "full_size", "pictures", "claims", "parts_table", "symbol"),
    "Photographs": ("file_column", "id_column", "name_pattern", "max_broken_share"),
    "Work": ("clusters", "reuse", "max_failed_clusters", "dask"),
    "Expert options": (
        "sobel_padding",
        "pca_dimensions",
        "kmeans_restarts",
        "kmeans_iterations",
        "sampler",
        "passes",
        "momentum",
        "weight_decay",
        "start_epochs",
        "schedule_epochs",
        "small_crops",
        "precision",
    ),
}
"""Which options stand together in the help, in the order of the help."""

_METAVARS = {int: "NUMBER", float: "NUMBER", Path: "FILE"}

PANEL_OF = {name: panel for panel, names in PANELS.items() for name in names}


def command(name: str | None = None) -> Callable[[Command], click.RichCommand]:
    """Make a command of a function; its help shows the options in the order of PANELS."""
    return click.command(name=name, panels=[click.RichOptionPanel(panel) for panel in PANELS])


def options_of(*models: type[BaseModel]) -> Callable[[Command], Command]:
    """Give a command one option for every field of some models, nested models included."""

    def decorate(command: Command) -> Command:
        fields = [field for model in models for field in model.model_fields.items()]
        for name, field in reversed(fields):
            kind = _kind(field.annotation)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                command = options_of(kind)(command)
            elif field.default is not PydanticUndefined:
                command = _option(name, field, kind)(command)
        return command

    return decorate


def take(model: type[M], values: dict[str, object], **given: object) -> M:
    """Build a model from the values of a command, taking its fields out of them.

    Raises:
        BadParameter: a value is none that the option can have.
    """
    content = dict(given)
    for name, field in model.model_fields.items():
        kind = _kind(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            content[name] = take(kind, values)
        elif name in values:
            value = values.pop(name)
            # What was left out is the model's to fill in: its profile may say something else.
            if _given(name):
                content[name] = value
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        option = [f"--{name}".replace("_", "-") for name in first["loc"][:1]]
        raise click.BadParameter(first["msg"].removeprefix("Value error, "), param_hint=option) from error


def summary(field: FieldInfo) -> str:
    """Return the first sentence of what a field says of itself; the reasons stand in docs/options.md."""
    return re.split(r"(?<=\.) ", field.description or f"{field.title}.")[0]


def _given(name: str) -> bool:
    return get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _option(name: str, field: FieldInfo, kind: Any) -> Callable[[Command], Command]:
    flag = "--" + name.replace("_", "-")
    default = field.get_default(call_default_factory=True)
    option = partial(click.option, default=default, help=summary(field), panel=PANEL_OF.get(name))
    if kind is bool:
        return option(f"{flag}/--no-{flag[2:]}", show_default=True)
    if get_origin(kind) is tuple:  # given once for every entry
        (entry, _ellipsis) = get_args(kind)
        return option(flag, type=_type(entry, field), multiple=True, show_default=bool(default))
    metavar = _METAVARS.get(kind)
    return option(flag, type=_type(kind, field), metavar=metavar, show_default=default is not None)


def _type(kind: Any, field: FieldInfo) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if kind is Path:
        return click.Path(path_type=Path)
    if kind not in (int, float):
        return str
    bounds = partial(click.IntRange if kind is int else click.FloatRange)
    for rule in [*field.metadata, *_rules(field.annotation)]:
        if isinstance(rule, annotated_types.Ge):
            bounds = partial(bounds, min=rule.ge)
        elif isinstance(rule, annotated_types.Gt):
            bounds = partial(bounds, min=rule.gt, min_open=True)
        elif isinstance(rule, annotated_types.Le):
            bounds = partial(bounds, max=rule.le)
        elif isinstance(rule, annotated_types.Lt):
            bounds = partial(bounds, max=rule.lt, max_open=True)
    return bounds()


def _kind(annotation: Any) -> Any:
    """Return the type behind `X | None` and `Annotated[X, ...]`."""
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = [one for one in get_args(annotation) if one is not type(None)]
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def _rules(annotation: Any) -> list[Any]:
    """Return the bounds that stand inside a union, where pydantic leaves them."""
    found = []
    for one in get_args(annotation):
        for rule in getattr(one, "__metadata__", ()):
            found += rule.metadata if isinstance(rule, FieldInfo) else [rule]
    return found
