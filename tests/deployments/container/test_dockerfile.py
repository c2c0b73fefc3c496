"""The recipe of the image. No container engine is needed, so none of this tells that the image builds."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "deployments" / "container" / "Dockerfile"


def instructions():
    """Return instruction and argument of every line, continued lines joined."""
    joined = DOCKERFILE.read_text().replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def copied():
    """Return what is copied from the project, not from another stage."""
    for name, argument in instructions():
        words = shlex.split(argument) if name == "COPY" else []
        if words and not words[0].startswith("--from="):
            yield from words[:-1]


def test_the_linter_of_dockerfiles_finds_nothing():
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_runs_as_somebody_who_is_not_root():
    assert [argument for name, argument in instructions() if name == "USER"] == ["1000:1000"]


def test_what_it_starts_from_is_named_with_its_version():
    stages = {
        argument.split()[-1] for name, argument in instructions() if name == "FROM" and " AS " in argument
    }
    outside = {argument.split()[0] for name, argument in instructions() if name == "FROM"} - stages
    assert outside == {"python:3.11-slim-bookworm"}


def test_the_device_is_its_only_argument():
    assert [argument for name, argument in instructions() if name == "ARG"] == ["DEVICE=cpu"]


def test_only_what_the_image_is_made_of_reaches_the_builder():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    first, *rules = [line for line in lines if line and not line.startswith("#")]
    assert first == "*"
    assert {path.split("/")[0] for path in copied()} == {
        rule.removeprefix("!") for rule in rules if rule.startswith("!")
    }
    assert all((ROOT / path).exists() for path in copied())


def test_no_secret_gets_in_even_where_a_builder_ignores_nothing():
    secret = "deployments/container/secrets/server-password"
    assert not [path for path in copied() if f"{secret}/".startswith(f"{path}/")]
    assert "." not in copied()


def test_every_package_of_ours_is_copied():
    configuration = (ROOT / "pyproject.toml").read_text()
    (packages,) = re.findall(r"^include = \[(.*)\]$", configuration, flags=re.MULTILINE)
    assert {name.strip(' "*') for name in packages.split(",")} <= set(copied())


@pytest.mark.parametrize(
    "name", ["Dockerfile", "compose.yaml", "compose.cuda.yaml", "entry", "not-on-cpu.txt"]
)
def test_nothing_is_fetched_by_address(name):
    text = DOCKERFILE.with_name(name).read_text()
    assert not [one for one in re.findall(r"https?://([\w.-]+)", text) if one not in ("127.0.0.1", "server")]
