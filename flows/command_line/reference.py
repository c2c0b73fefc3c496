"""The reference of all options, docs/options.md, made from the commands and from the models behind them.

`python -m flows.command_line.reference > docs/options.md` writes it.
"""

from typing import Any

import rich_click as click
from pydantic import BaseModel

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from coin_xai.deepcluster.options import Augmentation, TrainingOptions
from flows.command_line.flow_commands import explain, study
from flows.command_line.options import PANELS
from flows.command_line.prune_command import prune
from flows.parameters import Duration, Photographs, Place, Work
from flows.retention import Retention

COMMANDS = (study, explain, prune)
MODELS: tuple[type[BaseModel], ...] = (
    *(TrainingOptions, Augmentation, Duration, Place, Photographs, ExplanationOptions, ClaimsOptions),
    *(Work, Retention),
)

INTRODUCTION = """# Options

The options of `coin-xai study`, `train`, `explain`, `choose-k`, `place`, `backfill` and `prune`, with their
reasons. `--help` shows the first sentence of each. This page is made from the code: run
`python -m flows.command_line.reference > docs/options.md` after a change.
"""


def reference() -> str:
    """Return the page as Markdown: a section for each panel of the help, an entry for each option."""
    described = {
        name: field.description for model in reversed(MODELS) for name, field in model.model_fields.items()
    }
    options = {
        one.name: one for command in COMMANDS for one in command.params if isinstance(one, click.Option)
    }
    sections = [INTRODUCTION]
    for panel, names in PANELS.items():
        if names:
            entries = "\n".join(f"- {_entry(options[name])} {described[name]}" for name in names)
            sections.append(f"## {panel}\n\n{entries}\n")
    return "\n".join(sections)


def _entry(option: click.Option) -> str:
    flags = " / ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    return f"{flags} ({'; '.join([_values(option.type), *_default(option)])}):"


def _values(kind: click.ParamType[Any]) -> str:
    """Return which values an option takes."""
    if isinstance(kind, click.Choice):
        return ", ".join(map(str, kind.choices))
    if isinstance(kind, click.IntRange | click.FloatRange):
        above = "above" if kind.min_open else "from"
        below = "below" if kind.max_open else "to"
        lowest = [] if kind.min is None else [f"{above} {kind.min}"]
        highest = [] if kind.max is None else [f"{below} {kind.max}"]
        whole = "whole number" if isinstance(kind, click.IntRange) else "number"
        return " ".join([whole, *lowest, *highest])
    return {"path": "file", "boolean": "switch"}.get(kind.name, "text")


def _default(option: click.Option) -> list[str]:
    value: Any = option.default
    if value is None or value == ():
        return []
    shown = value if not isinstance(value, bool) else "on" if value else "off"
    return [f"default `{shown}`"]


if __name__ == "__main__":
    print(reference(), end="")
