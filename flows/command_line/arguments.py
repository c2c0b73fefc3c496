"""Arguments that several commands take."""

from pathlib import Path
from typing import Any

import click

from storage.place import is_url

images_argument = click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))


class _Run(click.Path):
    """A run's folder, or its address in an object store."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        return Path(value) if is_url(value) else super().convert(value, parameter, context)


run_type = _Run(exists=True, file_okay=False, path_type=Path)
run_argument = click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
runs_argument = click.argument(
    "runs", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
