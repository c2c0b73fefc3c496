"""Whether claims are asked, and about what."""

from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from coin_xai.common.options import Options
from coin_xai.errors import OptionError

BuiltIn = Literal["cross", "radial"]
PartsModel = Literal["cross", "radial", "table"]
"""What coins are divided into; `table` are parts that a person has marked."""
BUILT_IN: tuple[BuiltIn, ...] = get_args(BuiltIn)
PARTS_MODELS: tuple[PartsModel, ...] = get_args(PartsModel)


def require_table(model: PartsModel | None, table: Path | None) -> None:
    """Refuse a table of parts that nobody has asked for, and parts of a table without one.

    Raises:
        OptionError: one of both is given without the other.
    """
    if model == "table" and table is None:
        raise OptionError("coins are to be divided by a table of parts; give one with --parts-table")
    if model != "table" and table is not None:
        raise OptionError(
            f"the table of parts {table} is given, but not asked for; say `table` for the parts, or leave "
            "--parts-table out"
        )


class ClaimsOptions(Options):
    """Whether claims about what the network recognises are tested, and about what."""

    claims: PartsModel | None = Field(
        None,
        title="Claims",
        description="Test claims about what the network recognises, and show the verdicts on the page. "
        "Coins are divided into the bars and cantons of a cross (`cross`), into rings (`radial`), or into "
        "the parts that a table marks (`table`, with `--parts-table`). "
        "Which coins are alike is told by the label that clusters are compared with.",
    )
    parts_table: Path | None = Field(
        None,
        title="Table of parts",
        description="Table of the parts of coins, one row a marked area: CSV, XLSX or Parquet. Its columns "
        "are `file` or `coin_id`, `part`, `left`, `top`, `right`, `bottom` in pixels of the upright "
        "photograph, and `mask` with the path of a black and white picture (docs/claims.md).",
    )
    symbol: str | None = Field(
        None,
        title="Symbol",
        description="What claim 6 is about, as the column `canton_3` names it. If left out, it is what "
        "stands there most often.",
    )

    @model_validator(mode="after")
    def _has_its_table(self) -> Self:
        require_table(self.claims, self.parts_table)
        return self
