"""What the documents name is there: commands, options, targets of make, files, rooms."""

import re
import shlex
from pathlib import Path

import pytest

from flows.command_line.cli import cli

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    path.relative_to(ROOT).as_posix()
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deployments/**/*.md")])
]
SUFFIXES = "py|md|yaml|toml|png|j2|js"


def read(document):
    return (ROOT / document).read_text()


def code_of(text):
    """Return what stands as code: blocks between fences without comments, and words between back-ticks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.partition(" #")[0] for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [*lines, *(" ".join(one.split()) for one in re.findall(r"`([^`]+)`", rest))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_and_their_options_exist(document):
    for line in code_of(read(document)):
        for told in re.findall(r"\bcoin-xai (.*?)(?:$|[|;&])", line):
            words = shlex.split(told)
            if not words or words[0] not in cli.commands:
                assert not words or words[0].startswith(("-", "$", '"')), line
                continue
            command = cli.commands[words[0]]
            options = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
            given = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert given <= {*options, "--help"}, line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_options_that_are_named_alone_belong_to_a_command(document):
    known = {
        flag
        for command in (cli, *cli.commands.values())
        for one in command.params
        for flag in (*one.opts, *one.secondary_opts)
    }
    alone = {line.split()[0] for line in code_of(read(document)) if re.match(r"--[a-z]", line)}
    assert alone <= {*known, "--help", "--no-"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_targets_of_make_exist(document):
    targets = set(re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE))
    named = {line.split()[1] for line in code_of(read(document)) if re.match(r"make \w", line)}
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document):
    for named in re.findall(rf"`((?:[\w.-]+/)+[\w.-]+\.(?:{SUFFIXES}))`", read(document)):
        if not named.startswith(("page/", "results/", "runs/", "demo/")):  # parts of a run
            assert (ROOT / named).is_file(), named


def test_the_table_of_rooms_names_every_folder_and_no_other():
    rows = re.findall(r"^\| `([\w/]+)` \|", read("ARCHITECTURE.md"), re.MULTILINE)
    rooms = {
        path.parent.relative_to(ROOT).as_posix()
        for room in ("coin_xai", "storage", "tasks", "flows")
        for path in (ROOT / room).rglob("__init__.py")
    }
    parts = {"coin_xai", "coin_xai/report/words", "coin_xai/attribution/engines/planned"}
    parts |= {"coin_xai/attribution/formulas", "coin_xai/attribution/engines"}
    assert {*rows} - {"deployments", "deployments/container"} == rooms - parts
    assert len(rows) == len({*rows})
