"""Paths of a deployed run, which starts in a folder that nobody has named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefect.context import FlowRunContext
from pydantic import BaseModel

from coin_xai.errors import OptionError
from flows.parameters import Place


def require_absolute(**parameters: Any) -> None:
    """Refuse relative paths in a run that a deployment has started.

    A worker starts each run in a temporary folder. On the command line they are relative to where one is.

    Raises:
        OptionError: names each of them.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return
    relative = [f"{name}: {path}" for name, path in _relative(parameters)]
    if relative:
        raise OptionError(
            "a deployed run starts in a temporary folder; give an absolute path, as the worker's machine "
            f"sees it ({', '.join(relative)})"
        )


def _relative(values: Any, prefix: str = "") -> Iterator[tuple[str, Path]]:
    from storage.place import is_url
    from tasks.mirror import remote_run

    if isinstance(values, Place) and not is_url(values.runs):
        values = {"runs": Path(values.runs)}
    for name, value in dict(values).items():
        if isinstance(value, tuple):
            yield from _relative({f"{name}[{place}]": one for place, one in enumerate(value)}, prefix)
        elif isinstance(value, BaseModel):
            yield from _relative(value, f"{prefix}{name}.")
        elif isinstance(value, Path) and not value.is_absolute() and remote_run(value) is None:
            yield f"{prefix}{name}", value
