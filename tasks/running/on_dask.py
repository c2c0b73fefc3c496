"""A Dask cluster to run work on: tasks through Prefect inside of a flow run, and plain functions anywhere."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from coin_xai.common.memory import keep_freed_memory
from coin_xai.errors import OptionError
from tasks.running.stage_times import Spent, charge, children_apart, measured

if TYPE_CHECKING:
    from prefect import Task

LOCAL = "local"
SECONDS_TO_CONNECT = 30
"""As many as Dask itself waits; a busy machine may need them."""
WAITING_FOR_EACH = 2
"""Orders of a process that are with Dask at once: one that is carried out, and the next one."""

T = TypeVar("T")
R = TypeVar("R")


class Spread(Protocol):
    """Has orders carried out by other processes."""

    def __call__(self, work: Callable[[T], R], orders: Sequence[T]) -> Iterator[R]:
        """Yield what a function makes of each order, in their order; the function has a name in a module."""


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
    from prefect.context import FlowRunContext

    with _connected(dask, at_most=at_most) as client:
        alone = FlowRunContext.get() is None

        def submit(task: "Task[..., Any]", *arguments: Any, **keywords: Any) -> Any:
            return client.submit(task.fn if alone else task, *arguments, pure=False, **keywords)

        yield submit


@contextmanager
def spreading(dask: str | None, *, at_most: int) -> Iterator[Spread | None]:
    """Yield what has orders carried out on a cluster, which is looked for once there are any; or None.

    What the processes spend is added to the stage at work here. An order whose process is killed is given to
    another one.

    Args:
        dask: as for `submitting`; None where this process shall do everything.
        at_most: how many processes there is work for.
    """
    with ExitStack() as stack:
        clients: list[Any] = []

        def spread(work: Callable[[T], R], orders: Sequence[T]) -> Iterator[R]:
            assert dask is not None
            if orders and not clients:
                clients.append(stack.enter_context(_connected(dask, at_most=at_most)))
            for client in clients:
                yield from _carried_out(client, dask, work, orders)

        yield None if dask is None else spread


def _carried_out(client: Any, dask: str, work: Callable[[T], R], orders: Sequence[T]) -> Iterator[R]:
    """Yield what becomes of orders, of which few at a time are in the memory of the scheduler.

    Raises:
        OptionError: the scheduler is gone, or one process after the other that took an order was killed.
    """
    from distributed import KilledWorker

    waiting: deque[Any] = deque()

    def result() -> R:
        made: R
        spent: Spent
        try:
            made, spent = waiting.popleft().result()
        except CancelledError as error:
            raise OptionError(
                f"--dask {dask}: the scheduler has gone away ({error}); what is done is kept, and the same "
                "command goes on once a scheduler answers, or without --dask"
            ) from error
        except KilledWorker as error:
            raise OptionError(
                f"--dask {dask}: several processes were killed at the same work; the kernel does so where "
                "memory runs out, and Dask where a worker holds more than it may (start workers with "
                "--memory-limit 0); what is done is kept, and the same command goes on, also without --dask"
            ) from error
        charge(spent)
        return made

    for order in orders:
        waiting.append(client.submit(_carry_out, work, order, pure=False))
        if len(waiting) >= WAITING_FOR_EACH * max(1, len(client.nthreads())):
            yield result()
    while waiting:
        yield result()


def _carry_out(work: Callable[[T], R], order: T) -> tuple[R, Spent]:
    """Carry an order out in a process of the cluster; return what becomes of it and what it has cost."""
    # Dask tells the allocator to give everything back at once, which makes comparing coins far slower.
    keep_freed_memory()
    return measured(work, order)


@contextmanager
def _connected(dask: str, *, at_most: int) -> Iterator[Any]:
    """Yield a client of a cluster, as `submitting` says."""
    try:
        from distributed import LocalCluster
        from prefect_dask.client import PrefectDaskClient
    except ImportError as error:
        raise OptionError("--dask needs an extra: pip install prefect-dask") from error
    with ExitStack() as stack:
        if dask == LOCAL:
            # They tell by themselves what they have spent.
            stack.enter_context(children_apart())
            local = LocalCluster(
                n_workers=min(at_most, len(os.sched_getaffinity(0))),
                threads_per_worker=1,
                # Dask would share the memory out among cores, and stop or kill what has mapped more.
                memory_limit=None,
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
        yield client
