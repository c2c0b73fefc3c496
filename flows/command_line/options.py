"""Turns option models into options of the command line: one place for names, bounds, defaults and help."""

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
import click
from click.core import ParameterSource
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

M = TypeVar("M", bound=BaseModel)
Command = Callable[..., Any]


def options_of(model: type[BaseModel]) -> Callable[[Command], Command]:
    """Give a command one option for every field of a model, nested models included."""

    def decorate(command: Command) -> Command:
        for name, field in reversed(model.model_fields.items()):
            kind = _kind(field.annotation)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                command = options_of(kind)(command)
            elif field.default is not PydanticUndefined:
                command = _option(name, field, kind)(command)
        return command

    return decorate


def take(model: type[M], values: dict[str, Any], **given: Any) -> M:
    """Build a model from the values of a command, taking its fields out of them."""
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
    return model.model_validate(content)


def _given(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _option(name: str, field: FieldInfo, kind: Any) -> Callable[[Command], Command]:
    flag = "--" + name.replace("_", "-")
    default = field.get_default(call_default_factory=True)
    help_text = field.description or field.title
    if kind is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", default=default, show_default=True, help=help_text)
    if get_origin(kind) is tuple:  # given once for every entry
        (entry, _ellipsis) = get_args(kind)
        return click.option(
            flag,
            type=_type(entry, field),
            multiple=True,
            default=default,
            show_default=bool(default),
            help=help_text,
        )
    return click.option(
        flag, type=_type(kind, field), default=default, show_default=default is not None, help=help_text
    )


def _type(kind: Any, field: FieldInfo) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if kind is Path:
        return click.Path(path_type=Path)
    if kind not in (int, float):
        return str
    bounds: dict[str, Any] = {}
    for rule in [*field.metadata, *_rules(field.annotation)]:
        if isinstance(rule, annotated_types.Ge):
            bounds["min"] = rule.ge
        elif isinstance(rule, annotated_types.Gt):
            bounds.update(min=rule.gt, min_open=True)
        elif isinstance(rule, annotated_types.Le):
            bounds["max"] = rule.le
        elif isinstance(rule, annotated_types.Lt):
            bounds.update(max=rule.lt, max_open=True)
    return click.IntRange(**bounds) if kind is int else click.FloatRange(**bounds)


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
