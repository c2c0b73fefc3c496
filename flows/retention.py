"""What prune is to keep: parameters of the flow and options of the command."""

import os
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator, model_validator

from coin_xai.common.options import Options
from coin_xai.errors import OptionError
from flows.parameters import RUNS

LONGEST = timedelta(days=36_525)


class Retention(Options):
    """What is to stay. With both rules given, only what breaks both of them goes."""

    runs: str = Field(os.environ.get(RUNS, "runs"), title="Runs", description="Folder of all runs.")
    keep_last: Annotated[int, Field(ge=1)] | None = Field(
        None,
        title="Keep last",
        description="Number of explanations and finished checkpoints to keep per run. The latest "
        "ones are kept.",
    )
    older_than: Annotated[timedelta, Field(gt=timedelta(0), le=LONGEST)] | None = Field(
        None,
        title="Older than",
        description="Remove only what is older, such as 30d or PT12H. It also removes flow runs "
        "from a Prefect server that ended before. With --keep-last, both conditions "
        "must hold.",
    )
    dry_run: bool = Field(
        False,
        title="Dry run",
        description="Show what would be removed, and remove nothing. Without another rule it "
        "assumes --keep-last 1.",
    )

    @field_validator("older_than", mode="wrap")
    @classmethod
    def _is_duration(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> timedelta | None:
        try:
            found: timedelta | None = handler(value)
        except ValidationError as error:
            raise OptionError(
                f"{value!r} is no age (--older-than): write it in days as 30d, or as an ISO 8601 duration "
                "such as P30D or PT12H, more than nothing and at most a hundred years"
            ) from error
        return found

    @model_validator(mode="after")
    def _has_a_rule(self) -> "Retention":
        if self.keep_last is None and self.older_than is None and not self.dry_run:
            raise OptionError(
                "say what is to stay: --keep-last 1, --older-than 30d or both; --dry-run shows before what "
                "would go"
            )
        return self
