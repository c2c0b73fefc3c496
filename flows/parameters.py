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


Dask = Annotated[
    str | None,
    Field(
        title="Dask",
        description="Address of a Dask scheduler to spread the work over, or `local`. `local` starts "
        "processes on this machine. Coins are looked at, compared and explained there; learning stays here. "
        "Every worker must see the folder of runs.",
    ),
]
"""Where work that can be divided is done."""


class Photographs(Options):
    """Which photographs, and what is known about the coins."""

    images: Path = Field(title="Folder", description="Folder of coin photographs, searched recursively.")
    coins: Path | None = Field(
        None,
        title="Table of coins",
        description="Table with one row per coin: CSV, XLSX or Parquet. Its columns are copied into "
        "all results.",
    )
    file_column: str | None = Field(
        None,
        title="File column",
        description="Column of the table that holds the file name. If left out, it is detected.",
    )
    id_column: str | None = Field(
        None,
        title="Id column",
        description="Column of the table that identifies the coin, if no column holds file names. "
        "It holds the coin_id, collection and inventory number (BN_3023, for both "
        "sides), or the inventory number.",
    )
    name_pattern: str | None = Field(
        DEFAULT_PATTERN,
        title="Name pattern",
        description="Regular expression for file names. Its named groups are collection, inventory and side.",
    )
    max_broken_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.1,
        title="Broken photographs",
        description="Largest share of photographs that may be unreadable. If there are more, the run stops.",
    )


class Place(Options):
    """Where the run is kept."""

    model_config = ConfigDict(json_schema_extra=_leave_runs_to_the_worker)

    name: str | None = Field(
        None,
        title="Name",
        description="Name of the run. If left out, it is made from the photographs and options.",
    )
    runs: str = Field(
        os.environ.get(RUNS, "runs"),
        title="Runs",
        description="Folder of all runs, or the address of an object store: s3://bucket/folder.",
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
        description="Folder of all runs, as the worker's machine sees it.",
        json_schema_extra={"pattern": "^/"},
    )
    names: tuple[str, ...] = Field(
        (), title="Names", description="Names of the runs to look at; all in the folder if left out."
    )
    every_checkpoint: bool = Field(
        False,
        title="Every checkpoint",
        description="Look at every finished checkpoint of a run, not only at the last one.",
    )


class Work(Options):
    """How the work of an explanation is divided and repaired."""

    clusters: tuple[int, ...] = Field(
        (),
        title="Clusters",
        description="Cluster to explain; all of them if left out. It can be given several times. "
        "Several processes can share a run in this way.",
    )
    reuse: Reuse = Field(
        "size",
        title="Reuse",
        description="Which finished files to reuse: those of the right size, of the right hash, or none.",
    )
    max_failed_clusters: Annotated[int, Field(ge=0)] = Field(
        0, title="Failures allowed", description="Number of clusters that may fail without failing the run."
    )
    dask: Dask = None


class Duration(Options):
    """How long to train, how much to lose at most when interrupted, and on how many processes or machines."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] = Field(
        20,
        title="Epochs",
        description="Number of epochs. In each, the coins are clustered and the clusters are learnt.",
    )
    label: str | None = Field(
        None,
        title="Label",
        description="Column of the table of coins to compare the clusters with. It is never used "
        "for learning.",
    )
    checkpoint_every: Annotated[int, Field(ge=1, le=100_000)] = Field(
        5, title="Checkpoint every", description="Epochs between two checkpoints."
    )
    processes: Annotated[int, Field(ge=1, le=64)] = Field(
        1,
        title="Processes",
        description="Number of training processes on this machine. Each takes a GPU of its own "
        "where there are any. The result is the same up to rounding.",
    )
    dask: Dask = None


class Foreign(Options):
    """A training that another program made."""

    checkpoint: Path = Field(
        title="Checkpoint",
        description="Checkpoint of the published DeepCluster or of code derived from it, usually "
        "`checkpoint.pth.tar`.",
    )
    cluster_log: Path = Field(
        title="Cluster log",
        description="Its clusters: the file `clusters`, or a CSV or XLSX with the columns path and cluster.",
    )
    epoch: Annotated[int, Field(ge=1)] | None = Field(
        None,
        title="Epoch",
        description="Entry of the cluster log to explain. If left out, the one of the checkpoint's epoch.",
    )
    ignore_extras: bool = Field(
        False,
        title="Ignore extras",
        description="Ignore entries of the checkpoint that are not tensors. No code in it is executed.",
    )
