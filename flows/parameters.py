"""What a flow can be told beside the options of its science; Prefect shows them as a form."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator

from coin_xai.catalogue.pattern import DEFAULT_PATTERN
from coin_xai.common.forms import for_form
from coin_xai.common.options import Options
from storage.runs import check_name
from tasks.explaining.reuse import Reuse

RUNS = "COIN_XAI_RUNS"
"""Variable of the environment that says where runs are kept if nothing else does.

The workers of Prefect start a run in a temporary folder, which would take `runs` with it.
"""


FOLDER_OR_ADDRESS = "^(/|[a-z][a-z0-9+.-]*://)"
"""What a form takes for the place of runs: an absolute path, or the address of an object store."""


def _leave_runs_to_the_worker(schema: dict[str, Any]) -> None:
    for_form(schema)
    # The worker's environment says where; that of whoever deploys may say something else.
    del schema["properties"]["runs"]["default"]


class Photographs(Options):
    """Which photographs, and what is known about the coins."""

    images: Path = Field(title="Folder", description="Folder of coin photographs, searched to any depth.")
    coins: Path | None = Field(
        None,
        title="Table of coins",
        description="CSV, XLSX or Parquet with one row a coin; its columns are copied into all results.",
    )
    file_column: str | None = Field(
        None,
        title="File column",
        description="Column of the table that names the file; else it is looked for.",
    )
    id_column: str | None = Field(
        None,
        title="Id column",
        description="Column of the table that names the coins, instead of files: the coin_id, collection and "
        "inventory number (BN_3023, for both sides), or the inventory number.",
    )
    name_pattern: str | None = Field(
        DEFAULT_PATTERN,
        title="Name pattern",
        description="Regular expression with the named groups collection, inventory, side for file names.",
    )
    max_broken_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.1, title="Broken photographs", description="Stop when more than this share cannot be read."
    )


class Place(Options):
    """Where the run is kept."""

    model_config = ConfigDict(json_schema_extra=_leave_runs_to_the_worker)

    name: str | None = Field(
        None, title="Name", description="Of the run; left out, it is made of photographs and options."
    )
    runs: str = Field(
        os.environ.get(RUNS, "runs"),
        title="Runs",
        description="Folder that all runs are kept in, or the address of an object store: s3://bucket/folder.",
        json_schema_extra={"pattern": FOLDER_OR_ADDRESS},
    )

    @field_validator("runs", mode="before")
    @classmethod
    def _as_text(cls, runs: object) -> object:
        return str(runs) if isinstance(runs, Path) else runs

    @field_validator("name")
    @classmethod
    def _can_name(cls, name: str | None) -> str | None:
        # Before photographs are decoded for an hour.
        if name is not None:
            check_name(name)
        return name

    @property
    def folder(self) -> Path:
        """The folder on this machine that the runs are worked on in."""
        from tasks.mirror import local_runs

        return local_runs(self.runs)


class Checkpoints(Options):
    """Which finished checkpoints are looked at for an explanation that they lack."""

    model_config = ConfigDict(json_schema_extra=_leave_runs_to_the_worker)

    runs: str = Field(
        os.environ.get(RUNS, "runs"),
        title="Runs",
        description="Folder that the runs are kept in, as the worker's machine sees it.",
        json_schema_extra={"pattern": "^/"},
    )
    names: tuple[str, ...] = Field(
        (), title="Names", description="Only the runs of these names; all in the folder if empty."
    )
    every_checkpoint: bool = Field(
        False,
        title="Every checkpoint",
        description="Look at all finished checkpoints of a run, not only at the last one.",
    )


class Work(Options):
    """How the work of an explanation is divided and repaired."""

    clusters: tuple[int, ...] = Field(
        (),
        title="Clusters",
        description="Explain only these; all of them if empty. Several processes can share a run so.",
    )
    reuse: Reuse = Field(
        "size",
        title="Reuse",
        description="Of what is on disk, reuse what has the right size, what has the right hash, or nothing.",
    )
    max_failed_clusters: Annotated[int, Field(ge=0)] = Field(
        0, title="Failures allowed", description="Let the run pass with so many clusters failed."
    )
    dask: str | None = Field(
        None,
        title="Dask",
        description="Spread the clusters over a Dask cluster: the address of its scheduler, or `local` for "
        "processes on this machine. All of them must see the folder of runs.",
    )


class Duration(Options):
    """How long to train, how much to lose at most when interrupted, and on how many processes."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] = Field(
        20, title="Epochs", description="Rounds of clustering and learning."
    )
    label: str | None = Field(
        None,
        title="Label",
        description="Column of the table of coins to compare the clusters with after every epoch; it is "
        "never learnt.",
    )
    checkpoint_every: Annotated[int, Field(ge=1, le=100_000)] = Field(
        5, title="Checkpoint every", description="Epochs between two checkpoints."
    )
    processes: Annotated[int, Field(ge=1, le=64)] = Field(
        1,
        title="Processes",
        description="Train on so many processes of this machine, each with a GPU of its own where there are "
        "any. The result is the same up to rounding.",
    )


class Foreign(Options):
    """A training that another program made."""

    checkpoint: Path = Field(
        title="Checkpoint", description="`checkpoint.pth.tar` of the published DeepCluster or of its kin."
    )
    cluster_log: Path = Field(
        title="Cluster log",
        description="Its file `clusters`, or a CSV or XLSX with the columns path and cluster.",
    )
    epoch: Annotated[int, Field(ge=1)] | None = Field(
        None,
        title="Epoch",
        description="Which entry of the cluster log to take; left out, that of the checkpoint's epoch.",
    )
    ignore_extras: bool = Field(
        False,
        title="Ignore extras",
        description="Read the tensors of a checkpoint that holds other things too; nothing of it is run.",
    )
