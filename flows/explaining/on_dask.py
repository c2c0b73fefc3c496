"""A Dask cluster to run tasks on, through Prefect inside of a flow run and as plain functions outside."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from prefect import Task
from prefect.context import FlowRunContext

from coin_xai.errors import OptionError

LOCAL = "local"
SECONDS_TO_CONNECT = 30
"""As many as Dask itself waits; a busy machine may need them."""


@contextmanager
def submitting(dask: str, *, at_most: int) -> Iterator[Callable[..., Any]]:
    """Yield a function that has a task run on a cluster, and returns a future of its result.

    Args:
        dask: address of a scheduler, such as tcp://10.0.0.1:8786, or "local" for a cluster of processes on
            this machine that ends with the block.
        at_most: how many processes there is work for.

    Raises:
        OptionError: Dask is not installed, no scheduler answers, or a process has several threads.
    """
    try:
        from distributed import LocalCluster
        from prefect_dask.client import PrefectDaskClient
    except ImportError as error:
        raise OptionError("--dask needs an extra: pip install prefect-dask") from error
    with ExitStack() as stack:
        if dask == LOCAL:
            local = LocalCluster(
                n_workers=min(at_most, len(os.sched_getaffinity(0))),
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
            )
            dask = stack.enter_context(local).scheduler_address
        try:
            client = PrefectDaskClient(dask, set_as_default=False, timeout=SECONDS_TO_CONNECT)
        except (OSError, ValueError) as error:
            raise OptionError(f"--dask {dask}: no Dask scheduler answers there ({error})") from error
        stack.enter_context(client)
        if any(threads > 1 for threads in client.nthreads().values()):
            # Hooks of the attribution engine belong to the one network of a process.
            raise OptionError(
                f"the workers of --dask {dask} have several threads; start them with --nthreads 1"
            )
        alone = FlowRunContext.get() is None

        def submit(task: Task[..., Any], *arguments: Any, **keywords: Any) -> Any:
            return client.submit(task.fn if alone else task, *arguments, pure=False, **keywords)

        yield submit
