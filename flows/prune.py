"""The flow that frees disk and server of what nothing needs any more."""

from prefect import flow

from flows.forms.form import in_form
from flows.retention import Retention
from tasks.running.flow_runs import accompanied


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
