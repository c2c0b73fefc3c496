"""Automations that a Prefect server keeps: dead runs are crashed, failed ones can be told to people.

    python deployments/automations.py                      dead runs only
    python deployments/automations.py slack-webhook/museum     failed runs are told through this block as well

Call it as often as you like: an automation of the same name is replaced.
"""

import sys
from datetime import timedelta
from uuid import UUID

from prefect.automations import Automation
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events import EventTrigger, Posture, ResourceSpecification
from prefect.events.actions import ChangeFlowRunState, SendNotification
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

BEATS_MISSED = 3
SECONDS_WITHOUT_SETTING = 60


def crash_dead_runs() -> Automation:
    """Mark a run as crashed whose process was not heard of for three heartbeats."""
    beat = get_current_settings().flows.heartbeat_frequency or SECONDS_WITHOUT_SETTING
    return Automation(
        name="coin-xai: crash dead runs",
        description="A process that was killed cannot say so. The same run again continues it.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=BEATS_MISSED * beat),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="no heartbeat; run again to continue")],
    )


def tell_failed_runs(notification_block: UUID) -> Automation:
    """Send a message through a notification block of the server when one of our runs fails or crashes."""
    return Automation(
        name="coin-xai: tell failed runs",
        description="Sends which run failed and why.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            match_related=ResourceSpecification({"prefect.resource.id": ["prefect.tag.coin-xai"]}),
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[
            SendNotification(
                block_document_id=notification_block,
                subject="{{ flow_run.name }} has {{ flow_run.state.name | lower }}",
                body="{{ flow_run.state.message }}\n{{ flow_run | ui_url }}",
            )
        ],
    )


def keep(client: SyncPrefectClient, automation: Automation) -> UUID:
    """Create an automation on the server, in place of those of the same name."""
    for former in client.request("POST", "/automations/filter", json={}).json():
        if former["name"] == automation.name:
            client.request("DELETE", "/automations/{id}", path_params={"id": former["id"]})
    content = automation.model_dump(mode="json", exclude={"id"})
    return UUID(client.request("POST", "/automations/", json=content).json()["id"])


def block_of(client: SyncPrefectClient, block: str) -> UUID:
    """Return the id of a notification block that is named as type/name; ends the program if there is none."""
    block_type, _, name = block.partition("/")
    try:
        return client.read_block_document_by_name(name, block_type).id
    except ObjectNotFound:
        sys.exit(
            f"the server has no block {block}: name it as type/name, such as slack-webhook/museum; make one "
            "in the page of the server, under Blocks"
        )


def main(arguments: list[str]) -> None:
    """Create the automations on the configured server."""
    with get_client(sync_client=True) as client:
        wanted = [crash_dead_runs()]
        for block in arguments:
            wanted.append(tell_failed_runs(block_of(client, block)))
        for automation in wanted:
            keep(client, automation)
            print(automation.name)


if __name__ == "__main__":
    main(sys.argv[1:])
