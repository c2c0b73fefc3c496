import hashlib
import os

import pytest

from storage.inventory import damages, describe


@pytest.fixture
def recorded(tmp_path):
    root = tmp_path / "root"
    (root / "results").mkdir(parents=True)
    for name in ("page.html", "results/coin.png"):
        (root / name).write_bytes(name.encode())
    return root, {name: describe(root / name) for name in ("page.html", "results/coin.png")}


def test_describes_a_file_by_size_and_hash(tmp_path):
    (tmp_path / "coin").write_bytes(b"denarius")
    sha256 = hashlib.sha256(b"denarius").hexdigest()
    assert describe(tmp_path / "coin") == {"bytes": 8, "sha256": sha256}


def test_files_that_are_as_recorded_are_not_mentioned(recorded):
    assert damages(recorded[0], recorded[1].items()) == []


def test_what_is_missing_shorter_or_other_is_said(recorded):
    root, record = recorded
    (root / "page.html").write_bytes(b"page.htm!")
    assert damages(root, record.items()) == ["page.html has other content than was written"]
    assert damages(root, record.items(), verify="size") == []
    (root / "page.html").write_bytes(b"page")
    (root / "results/coin.png").unlink()
    assert damages(root, record.items(), verify="size") == [
        "page.html has 4 bytes instead of 9",
        "results/coin.png is missing",
    ]


@pytest.mark.parametrize(
    "name", ["../secret", "results/../../secret", "/etc/hostname", "link", "folder/secret"]
)
def test_a_name_that_leaves_the_folder_is_damage_and_never_opened(recorded, name, monkeypatch):
    root, _ = recorded
    secret = root.parent / "secret"
    secret.write_bytes(b"secret")
    expected = describe(secret)
    (root / "link").symlink_to(secret)
    (root / "folder").symlink_to(root.parent)
    monkeypatch.setattr("storage.inventory.hash_file", lambda path: pytest.fail(f"{path} was opened"))
    assert damages(root, [(name, expected)]) == [f"{name} lies outside of the folder and was not opened"]


def test_what_is_no_file_is_not_waited_for(recorded):
    root, record = recorded
    os.mkfifo(root / "pipe")
    (root / "round").symlink_to("round")
    assert damages(root, [(name, record["page.html"]) for name in ("pipe", "results", ".")]) == [
        "pipe is no file",
        "results is no file",
        ". is no file",
    ]
    (damage,) = damages(root, [("round", record["page.html"])])
    assert "cannot" in damage


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "", "page.html/deeper"])
def test_a_name_that_cannot_be_one_is_damage(recorded, name):
    root, record = recorded
    assert len(damages(root, [(name, record["page.html"])])) == 1


def test_a_name_cannot_write_on_the_terminal(recorded):
    root, record = recorded
    assert damages(root, [("\x1b[2J", record["page.html"])]) == [r"'\x1b[2J' is missing"]


@pytest.mark.parametrize("facts", [None, {}, [], "text", {"bytes": 9}])
def test_a_file_without_facts_is_damage(recorded, facts):
    assert damages(recorded[0], [("page.html", facts)]) == ["page.html has no size and hash on record"]


def test_the_folder_may_be_reached_through_a_link(recorded, tmp_path):
    root, record = recorded
    (tmp_path / "latest").symlink_to(root)
    assert damages(tmp_path / "latest", record.items()) == []
