"""The command that frees what nothing needs any more."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from flows.command_line.exits import FAILED
from flows.command_line.options import command, options_of, take
from flows.command_line.terminal import console, errors
from flows.retention import Retention


@command()
@options_of(Retention)
def prune(**options: Any) -> None:
    """Free what nothing needs: old explanations, checkpoints in between, photographs that no run uses.

    What coins show by themselves goes as well, once a run is trained; only a larger collection would use it.

    What latest or a bundle leads to stays, and what training goes on from. A run that others work on is left
    alone. Whole runs are never removed.
    """
    from flows.freeing import free
    from tasks.pruning.summary import megabytes, total
    from tasks.running.progress import in_terminal

    retention = take(Retention, options)
    with in_terminal(errors):
        pruned = free(retention)
    table = Table("what", "of", "which", box=None, pad_edge=False)
    table.add_column("MB", justify="right")
    for one in pruned.freed:
        table.add_row(one.kind, escape(one.where), escape(one.which), megabytes(one.bytes))
    if table.row_count:
        console.print(table)
    console.print(total(pruned, dry_run=retention.dry_run))
    if pruned.failed:
        raise SystemExit(FAILED)
