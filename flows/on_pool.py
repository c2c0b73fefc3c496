"""Flow runs of a deployment, as many at once as there are workers, and what has become of each."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelling

from coin_xai.errors import OptionError

log = logging.getLogger(__name__)

BETWEEN_LOOKS_S = 5.0


def run_on_pool(
    deployment: str, asked: Mapping[str, Mapping[str, Any]], *, ended: Callable[[], None]
) -> list[tuple[str, str]]:
    """Have a deployment run several flow runs, and wait for all of them.

    However this ends, none of them goes on without somebody who waits for it, unless this process is killed.

    Args:
        deployment: name of the flow and of its deployment, with a stroke between them.
        asked: parameters of each flow run, by a name for messages.
        ended: called whenever one has ended.

    Returns:
        Name and reason of each that did not complete.

    Raises:
        OptionError: there is no server, or it does not know the deployment or refuses the parameters.
    """
    if FlowRunContext.get() is None:
        raise OptionError(
            f"--deployment {deployment} needs a Prefect server: set PREFECT_API_URL, or leave the option out"
        )
    failures: list[tuple[str, str]] = []
    pending: dict[str, FlowRun] = {}
    with get_client(sync_client=True) as client:
        try:
            for name, parameters in asked.items():
                pending[name] = _begin(deployment, parameters)
            log.info("%d flow runs of %s wait for workers", len(pending), deployment)
            while pending:
                time.sleep(BETWEEN_LOOKS_S)
                for name, run in list(pending.items()):
                    state = _state_of(run, client)
                    if state is None or not state.is_final():
                        continue
                    del pending[name]
                    ended()
                    if not state.is_completed():
                        failures.append((name, f"{state.name}: {state.message or 'see its log'}"))
        except BaseException:
            for run in pending.values():
                with suppress(Exception):  # the reason why all ends is worth more
                    client.set_flow_run_state(run.id, Cancelling())
            raise
    return failures


def _begin(deployment: str, parameters: Mapping[str, Any]) -> FlowRun:
    try:
        return cast(FlowRun, run_deployment(deployment, parameters=dict(parameters), timeout=0))
    except ObjectNotFound as error:
        raise OptionError(
            f"the server knows no deployment {deployment} (--deployment); make deploy brings study/study-part"
        ) from error
    except PrefectHTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise
        raise OptionError(
            f"{deployment} does not take these parameters (--deployment): {error.response.text}"
        ) from error


def _state_of(run: FlowRun, client: SyncPrefectClient) -> State | None:
    """Return the state of a flow run; None where the server is away just now or cannot tell."""
    try:
        return client.read_flow_run(run.id).state
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        log.debug("the server does not answer: %s", error)
        return None
