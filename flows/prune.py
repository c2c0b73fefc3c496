"""The flow that frees disk and server of what nothing needs any more."""

import os
from datetime import timedelta
from typing import Annotated, Any

from prefect import flow
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator, model_validator

from coin_xai.deepcluster.options import Options
from coin_xai.errors import OptionError
from flows.form import in_form
from flows.parameters import RUNS
from tasks.running.flow_runs import accompanied

LONGEST = timedelta(days=36_525)


class Retention(Options):
    """What is to stay. With both rules given, only what breaks both of them goes."""

    runs: str = Field(
        os.environ.get(RUNS, "runs"), title="Runs", description="Folder that all runs are kept in."
    )
    keep_last: Annotated[int, Field(ge=1)] | None = Field(
        None,
        title="Keep last",
        description="Of each run keep so many explanations and finished checkpoints, those made last.",
    )
    older_than: Annotated[timedelta, Field(gt=timedelta(0), le=LONGEST)] | None = Field(
        None,
        title="Older than",
        description="Let go only what is older, such as 30d or PT12H; with it, also flow runs on a Prefect "
        "server that ended before. If --keep-last is given as well, both must hold.",
    )
    dry_run: bool = Field(
        False, title="Dry run", description="Say what would go, by --keep-last 1 if nothing else is given."
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


@in_form("retention")
@flow(name="prune", flow_run_name="prune {retention.runs}")
@accompanied
def prune_all(retention: Retention) -> int:
    """Free what nothing needs; `retention` says what stays.

    What `latest` or a bundle leads to stays, and what training goes on from. A run that others work on is
    left alone. Whole runs are never removed.

    Args:
        retention: What is to stay. With both rules given, only what breaks both of them goes.

    Returns:
        How many bytes were freed, or would be.

    Raises:
        PlaceError: the folder of runs is not there, or is in an object store.
        StorageError: something is damaged; the rest is done.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from flows.freeing import free
    from storage.errors import StorageError

    pruned = free(retention)
    if pruned.failed:
        raise StorageError("; ".join(pruned.failed))
    return pruned.bytes
