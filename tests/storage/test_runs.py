import json

import pytest

from storage.errors import DamagedError, MissingError, PlaceError, RunMismatchError
from storage.layout import RunLayout
from storage.runs import (
    begin,
    find,
    list_runs,
    pixels_of,
    point_latest_to,
    read_record,
    remember_source,
    source_of,
)
from tests.waiting import PATIENCE_S

IDENTITY = {"photographs": "ab12", "training": {"k": 26, "seed": 1}}

BEGIN_MANY = """
import json, sys
from pathlib import Path
from storage.errors import RunBusyError, RunMismatchError
from storage.runs import begin

print("ready", flush=True)
sys.stdin.readline()
begun = []
for number in range(100):
    try:
        begin(Path(sys.argv[1]), f"run{number}", identity={"who": sys.argv[2]})
        begun.append(number)
    except (RunMismatchError, RunBusyError):
        pass
print(json.dumps(begun))
"""


def test_a_run_is_made_once_and_found_again(tmp_path):
    layout = begin(tmp_path / "runs", "celtic-k26", identity=IDENTITY)
    assert layout == RunLayout(tmp_path / "runs" / "celtic-k26")
    before = layout.record.read_bytes()
    assert begin(tmp_path / "runs", "celtic-k26", identity=IDENTITY) == layout
    assert layout.record.read_bytes() == before
    record = read_record(layout)
    assert (record["schema_version"], record["name"], record["identity"]) == (1, "celtic-k26", IDENTITY)


def test_something_else_needs_another_name_and_the_difference_is_said(tmp_path):
    begin(tmp_path, "celtic", identity=IDENTITY)
    other = {"photographs": "ab12", "training": {"k": 27, "seed": 1}, "pixels": "256"}
    told = r"run celtic was begun .*\(pixels: not said then, 256 now, training\.k: 26 then, 27 now\); choose"
    with pytest.raises(RunMismatchError, match=told):
        begin(tmp_path, "celtic", identity=other)
    assert read_record(RunLayout(tmp_path / "celtic"))["identity"] == IDENTITY


def test_of_two_processes_that_begin_the_same_name_one_gets_it(start, tmp_path):
    processes = {who: start(BEGIN_MANY, tmp_path, who) for who in ("anna", "bruno")}
    for process in processes.values():
        assert process.stdout.readline() == "ready\n"
    for process in processes.values():
        process.stdin.write("\n")
        process.stdin.flush()
    begun = {
        who: json.loads(process.communicate(timeout=PATIENCE_S)[0]) for who, process in processes.items()
    }
    assert sorted(begun["anna"] + begun["bruno"]) == list(range(100))
    for who, numbers in begun.items():
        for number in numbers:
            assert read_record(RunLayout(tmp_path / f"run{number}"))["identity"] == {"who": who}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty"),
        ("a/b", "it holds a slash"),
        ("/tmp/x", "it holds a slash"),
        (r"a\b", "it holds a slash"),
        ("..", "it begins with a dot or a dash"),
        (".hidden", "it begins with a dot or a dash"),
        ("-rf", "it begins with a dot or a dash"),
        ("a\nb", "it holds signs that cannot be seen"),
        ("a\0b", "it holds signs that cannot be seen"),
        ("a\x1b[2Jb", "it holds signs that cannot be seen"),
        ("a\u202eb", "it holds signs that cannot be seen"),
        ("a\udcffb", "it holds signs that cannot be seen"),
        (" celtic", "it begins or ends with a blank"),
        ("celtic ", "it begins or ends with a blank"),
        ("pixels", "that folder holds what all runs share"),
        ("Collections", "that folder holds what all runs share"),
        ("x" * 256, "it is longer than 255 bytes"),
        ("é" * 128, "it is longer than 255 bytes"),
    ],
)
def test_what_cannot_name_a_folder_is_refused_before_anything_is_made(tmp_path, name, reason):
    with pytest.raises(
        RunMismatchError, match=f"cannot name a run: {reason}; choose another --name"
    ) as error:
        begin(tmp_path / "runs", name, identity=IDENTITY)
    assert str(error.value).isprintable()
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["celtic-k26", "Münzen 1.5", "монеты", "x" * 255, "é" * 127, "a.b-c_d"])
def test_ordinary_names_name_a_run(tmp_path, name):
    assert begin(tmp_path, name, identity=IDENTITY).root.name == name
    assert [layout.root.name for layout in list_runs(tmp_path)] == [name]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"identity": {}}', '{"schema_version": "x"}', "\xff"]
)
def test_a_record_that_cannot_be_read_is_named(tmp_path, text):
    layout = begin(tmp_path, "celtic", identity=IDENTITY)
    layout.record.write_bytes(text.encode("latin-1"))
    told = r"celtic/run\.json cannot be read \(.*\); move .*celtic away"
    with pytest.raises(DamagedError, match=told):
        read_record(layout)
    with pytest.raises(DamagedError, match=told):
        begin(tmp_path, "celtic", identity=IDENTITY)


def test_a_record_without_an_identity_is_damaged(tmp_path):
    layout = begin(tmp_path, "celtic", identity=IDENTITY)
    layout.record.write_text('{"schema_version": 1}')
    with pytest.raises(DamagedError, match="it has no identity"):
        read_record(layout)


def test_a_run_of_a_newer_version_is_not_guessed_at(tmp_path):
    layout = begin(tmp_path, "celtic", identity=IDENTITY)
    layout.record.write_text(json.dumps({"schema_version": 2, "what": "is new"}))
    with pytest.raises(
        RunMismatchError, match=r"run\.json is of version 2, and this coin-xai reads 1; a newer"
    ):
        read_record(layout)


def test_a_folder_that_is_no_run_is_refused_and_those_beside_it_are_named(tmp_path):
    for name in ("b", "a"):
        begin(tmp_path, name, identity=IDENTITY)
    (tmp_path / "pixels").mkdir()
    with pytest.raises(MissingError, match=r"pixels is no run of coin-xai .*; runs beside it: a, b$"):
        find(tmp_path / "pixels")
    with pytest.raises(MissingError, match=r"runs beside it: none$"):
        find(tmp_path / "nowhere" / "run")
    assert find(tmp_path / "a").root == tmp_path / "a"


def test_lists_runs_by_name_and_nothing_else(tmp_path):
    for name in ("b", "a", "c"):
        begin(tmp_path, name, identity=IDENTITY)
    (tmp_path / "collections").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    assert [layout.root.name for layout in list_runs(tmp_path)] == ["a", "b", "c"]
    assert list_runs(tmp_path / "nowhere") == []


def test_latest_follows_and_stays_true_when_the_runs_move(tmp_path):
    layout = begin(tmp_path / "runs", "celtic", identity=IDENTITY)
    for fingerprint in ("aaa", "bbb"):
        folder = layout.explanation(fingerprint).root
        folder.mkdir(parents=True)
        point_latest_to(layout, folder)
        assert layout.latest.resolve() == folder
    (tmp_path / "runs").rename(tmp_path / "moved")
    assert (tmp_path / "moved/celtic/latest").resolve() == tmp_path / "moved/celtic/explanations/bbb"
    assert not [path for path in (tmp_path / "moved/celtic").iterdir() if path.name.startswith(".")]


def test_a_run_remembers_where_its_photographs_lie(tmp_path):
    layout = begin(tmp_path / "runs", "celtic", identity={})
    with pytest.raises(MissingError, match="lay in an unknown place"):
        source_of(layout)
    images = tmp_path / "images"
    images.mkdir()
    remember_source(layout, images)
    assert source_of(layout) == images
    images.rmdir()
    with pytest.raises(MissingError, match=f"lay in {images} and are not there now"):
        source_of(layout)


def test_a_link_to_a_run_leads_to_the_run_and_what_lies_beside_it(tmp_path):
    layout = begin(tmp_path / "runs", "celtic", identity={"pixels": "decoded"})
    (tmp_path / "link").symlink_to(layout.root)
    assert find(tmp_path / "link") == layout
    assert pixels_of(find(tmp_path / "link")) == tmp_path / "runs" / "pixels" / "decoded"


@pytest.mark.parametrize("key", [None, [], 5, "../../elsewhere", "/etc", "a/b", ""])
def test_pixels_are_looked_for_beside_the_run_and_nowhere_else(tmp_path, key):
    layout = begin(tmp_path, "celtic", identity={"pixels": key})
    with pytest.raises(DamagedError, match=r"run\.json cannot be read \(it names no pixels\)"):
        pixels_of(layout)


def test_a_run_in_a_path_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(PlaceError, match="not UTF-8"):
        find(tmp_path / "celtic\udcff")


def test_a_folder_in_the_place_of_the_link_to_the_latest_is_left_and_told(tmp_path):
    layout = begin(tmp_path, "celtic", identity=IDENTITY)
    (layout.latest / "mine").mkdir(parents=True)
    with pytest.raises(PlaceError, match="latest is a folder, and is to be a link; move it away"):
        point_latest_to(layout, layout.root / "explanations" / "abc")
    assert (layout.latest / "mine").is_dir()
