"""Flow runs of a deployment, as many at once as there are workers, and what has become of each."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import sleep
from typing import Any, cast

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelling, Crashed

from coin_xai.errors import OptionError

log = logging.getLogger(__name__)

BETWEEN_LOOKS_S = 5.0
LOOKS_BETWEEN_WARNINGS = 60
"""So that whoever waits hears of it every five minutes while nothing is at work."""


def require_deployment(deployment: str) -> None:
    """Do nothing, if this flow run can have a deployment run others beside it.

    Raises:
        OptionError: there is no server, it does not know the deployment, or the pool of both has room for one
            run alone, which would wait for ever for the room that it takes itself.
    """
    context = FlowRunContext.get()
    if context is None:
        raise OptionError(
            f"--deployment {deployment} needs a Prefect server: set PREFECT_API_URL, or leave the option out"
        )
    with get_client(sync_client=True) as client:
        try:
            pool = client.read_deployment_by_name(deployment).work_pool_name
        except (ObjectNotFound, ValueError) as error:
            raise OptionError(
                f"the server knows no deployment {deployment} (--deployment); make deploy brings "
                "study/study-part"
            ) from error
        own = None if context.flow_run is None else context.flow_run.work_pool_name
        limit = client.read_work_pool(pool).concurrency_limit if pool is not None and pool == own else None
    if limit is not None and limit < 2:
        raise OptionError(
            f"the work pool {pool} lets one flow run work at a time, and this is one, so those of "
            f"{deployment} would never begin: raise its limit (make deploy WORKERS=2) and start another "
            "worker, or leave --deployment out"
        )


def run_on_pool(
    deployment: str, asked: Mapping[str, Mapping[str, Any]], *, ended: Callable[[], None]
) -> list[tuple[str, str]]:
    """Have a deployment run several flow runs, and wait for all of them.

    However this ends, none of them goes on without somebody who waits for it, unless this process is killed.

    Args:
        deployment: that `require_deployment` has looked at: the name of the flow, a stroke, and its own name.
        asked: parameters of each flow run, by a name for messages.
        ended: called whenever one has ended.

    Returns:
        Name and reason of each that did not complete.

    Raises:
        OptionError: the server refuses the parameters.
    """
    failures: list[tuple[str, str]] = []
    pending: dict[str, FlowRun] = {}
    with get_client(sync_client=True) as client:
        try:
            for name, parameters in asked.items():
                pending[name] = _begin(deployment, parameters)
            log.info("%d flow runs of %s wait for workers", len(pending), deployment)
            idle_looks = 0
            while pending:
                sleep(BETWEEN_LOOKS_S)
                states = {name: _state_of(run, client) for name, run in pending.items()}
                for name, state in states.items():
                    if state is None or not state.is_final():
                        continue
                    del pending[name]
                    ended()
                    if not state.is_completed():
                        failures.append((name, f"{state.name}: {state.message or 'see its log'}"))
                at_work = any(state is not None and not state.is_scheduled() for state in states.values())
                idle_looks = 0 if at_work else idle_looks + 1
                if idle_looks and idle_looks % LOOKS_BETWEEN_WARNINGS == 0:
                    log.warning(
                        "none of %d flow runs is at work: is a worker free for %s?", len(pending), deployment
                    )
        except BaseException:
            for run in pending.values():
                with suppress(Exception):  # the reason why all ends is worth more
                    client.set_flow_run_state(run.id, Cancelling())
            raise
    return failures


def _begin(deployment: str, parameters: Mapping[str, Any]) -> FlowRun:
    try:
        return cast(FlowRun, run_deployment(deployment, parameters=dict(parameters), timeout=0))
    except PrefectHTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise
        raise OptionError(
            f"{deployment} does not take these parameters (--deployment): {error.response.text}"
        ) from error


def _state_of(run: FlowRun, client: SyncPrefectClient) -> State | None:
    """Return the state of a flow run; None where the server is away just now."""
    try:
        return client.read_flow_run(run.id).state
    except ObjectNotFound:
        return Crashed(message="somebody has deleted it on the server")
    except httpx.TransportError as error:
        log.debug("the server is away: %s", error)
    except PrefectHTTPStatusError as error:
        if not error.response.is_server_error:
            raise
        log.debug("the server does not answer: %s", error)
    return None
