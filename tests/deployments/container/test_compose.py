"""The description of server, database and worker together. No container engine is needed to read it."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[3] / "deployments" / "container"
OURS = ("server", "deploy", "worker")


@pytest.fixture
def compose():
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cuda.yaml"])
def test_it_is_as_the_specification_of_compose_wants_it(name):
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        FOLDER / name,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_server_is_published_on_loopback_and_nothing_else_is(compose):
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert ports == {"server": ["127.0.0.1:4200:4200"]}


def test_only_the_server_reaches_the_database(compose):
    networks = {name: service["networks"] for name, service in compose["services"].items()}
    assert [name for name in networks if "database" in networks[name]] == ["database", "server"]
    assert compose["networks"]["database"] == {"internal": True}


def test_passwords_are_files_that_git_does_not_take(compose):
    files = [secret["file"] for secret in compose["secrets"].values()]
    assert files == ["secrets/database-password", "secrets/server-password"]
    assert "deployments/container/secrets/" in (FOLDER.parents[1] / ".gitignore").read_text().splitlines()
    for service in compose["services"].values():
        told = service.get("environment", {})
        assert {name for name in told if "PASSWORD" in name or "AUTH" in name} <= {
            "COIN_XAI_PASSWORD_FILE",
            "COIN_XAI_DATABASE_PASSWORD_FILE",
            "POSTGRES_PASSWORD_FILE",
        }


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_may_do_as_little_as_possible(compose, name):
    service = compose["services"][name]
    assert service["command"] == [name]  # a role of the entry
    assert service["user"] == "${COIN_XAI_USER:-1000:1000}"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service
