"""How Prefect's form shows the parameters of a flow."""

import inspect
from collections.abc import Callable
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from prefect import Flow
from prefect.deployments.runner import RunnerDeployment
from prefect.utilities.callables import ParameterSchema
from pydantic import MISSING, Field

FlowT = TypeVar("FlowT", bound=Flow[..., Any])


def in_form(*names: str) -> Callable[[FlowT], FlowT]:
    """Say in which order the form of a flow shows its parameters.

    Prefect reads the form off the signature of a flow. Of this one, it gets another signature to read than
    that of the function: titles for people, and no defaults, which the form would post as if they were meant.
    What is posted then says what was filled in, and the function's own defaults hold for the rest.

    Args:
        names: of all parameters, the ones that everybody needs first.
    """

    def decorate(flow: FlowT) -> FlowT:
        parameters = inspect.signature(flow.fn).parameters
        shown = [_shown(parameters[name]) for name in names]
        vars(flow)["__signature__"] = inspect.Signature(shown)
        return flow

    return decorate


def _shown(parameter: inspect.Parameter) -> inspect.Parameter:
    required = parameter.default is parameter.empty
    title = parameter.name.replace("_", " ").capitalize()
    return parameter.replace(
        kind=inspect.Parameter.KEYWORD_ONLY,
        annotation=_said(parameter.annotation),
        default=Field(... if required else MISSING, json_schema_extra={"title": title}),
    )


def _said(annotation: Any) -> Any:
    """Return X of `X | None`."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    (annotation,) = [one for one in get_args(annotation) if one is not type(None)]
    return annotation


class ClosedSchema(ParameterSchema, extra="allow"):
    """A schema that can say that there are no other parameters, which Prefect's own cannot."""


def close(deployment: RunnerDeployment) -> RunnerDeployment:
    """Let the server refuse parameters that a deployment does not know, before there is a run."""
    schema = deployment._parameter_openapi_schema.model_dump(exclude_unset=True)
    deployment._parameter_openapi_schema = ClosedSchema(**schema, additionalProperties=False)
    return deployment
