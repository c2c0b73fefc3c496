"""What `deployments/automations.py` leaves on a server, and what it says where it cannot."""

import runpy
import sys

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client

from tests.deployments.operating import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server")]


@pytest.fixture
def automate(monkeypatch, capsys):
    """Run the program and return what it printed."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["automations.py", *arguments])
        runpy.run_path(str(ROOT / "deployments" / "automations.py"), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run


def names():
    with get_client(sync_client=True) as client:
        return sorted(one["name"] for one in client.request("POST", "/automations/filter", json={}).json())


def test_automations_are_replaced_and_never_doubled(automate):
    block = CustomWebhookNotificationBlock(name="museum", url="https://hooks.invalid/museum")
    block.save("museum", overwrite=True)
    for _ in range(2):
        assert automate("custom-webhook/museum") == [
            "coin-xai: crash dead runs",
            "coin-xai: tell failed runs",
        ]
    ours = [name for name in names() if name.startswith("coin-xai: ")]
    assert ours == ["coin-xai: crash dead runs", "coin-xai: tell failed runs"]


@pytest.mark.parametrize("block", ["slack-webhook/nothere", "nothere/museum", "museum", "/", "a/b/c"])
def test_a_block_that_is_not_there_is_named(automate, block):
    before = names()
    with pytest.raises(SystemExit, match=f"^the server has no block {block}: name it as type/name"):
        automate(block)
    assert names() == before
