import json
import shutil
import tracemalloc

import pytest

from storage import markers
from storage.errors import DamagedError, MissingError
from storage.layout import ExplanationLayout
from storage.manifest import strangers, verify, write_manifest
from storage.markers import committing

MADE_FROM = {"run": {"name": "celtic"}, "epoch": 20, "failures": []}


def explain(root, order=(0, 1, 2)):
    """Make the files of a small explanation, its clusters in some order."""
    explanation = ExplanationLayout(root)
    for cluster in order:
        with committing(explanation.maps(cluster, 0), f"maps {cluster}", cluster=cluster) as folder:
            (folder / "maps.parquet").write_bytes(b"maps %d" % cluster)
        with committing(explanation.pictures(20, cluster), f"pictures {cluster}", cluster=cluster) as folder:
            for name in ("BN_1_R-grad_cam.png", "BN_1_R-photograph.jpg"):
                (folder / name).write_bytes(f"{cluster} {name}".encode())
    for path in (explanation.assignments, explanation.assignments_csv, explanation.report):
        path.write_bytes(path.name.encode())
    write_manifest(explanation, MADE_FROM)
    return explanation


@pytest.fixture
def explanation(tmp_path):
    return explain(tmp_path / "explanation")


def test_it_lists_every_file_but_itself(explanation):
    manifest = json.loads(explanation.manifest.read_text())
    root = explanation.root
    present = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == present - {"manifest.json"}
    assert len(present) == 1 + 3 + 3 * (2 + 3)
    assert manifest["made_from"] == MADE_FROM
    assert verify(explanation.root) == strangers(explanation.root) == []


def test_what_it_is_worth_and_marks_of_files_stand_beside_sizes(explanation):
    write_manifest(
        explanation,
        MADE_FROM,
        worth={"recognition": 0.5},
        marked=lambda name: {"evidence": False} if name.startswith("maps/1/") else {},
    )
    manifest = json.loads(explanation.manifest.read_text())
    assert manifest["worth"] == {"recognition": 0.5}
    marked = {name for name, facts in manifest["files"].items() if "evidence" in facts}
    assert marked == {name for name in manifest["files"] if name.startswith("maps/1/")} != set()
    assert verify(explanation.root) == []


def test_it_is_the_same_byte_for_byte_in_whatever_order_the_work_was_done(explanation, tmp_path):
    other = explain(tmp_path / "elsewhere" / "other", order=(2, 0, 1))
    shutil.rmtree(other.maps(1, 0))
    with committing(other.maps(1, 0), "maps 1", cluster=1) as folder:
        (folder / "maps.parquet").write_bytes(b"maps 1")
    write_manifest(other, dict(reversed(MADE_FROM.items())))
    assert other.manifest.read_bytes() == explanation.manifest.read_bytes()


def test_every_kind_of_damage_is_named(explanation):
    pictures = explanation.pictures(20, 1)
    (pictures / "BN_1_R-grad_cam.png").unlink()
    (pictures / "BN_1_R-photograph.jpg").write_bytes(b"1 BN_1_R-photograph.jp?")
    (pictures / markers.MARKER).write_text("{}")
    explanation.report.write_bytes(b"")
    assert sorted(verify(explanation.root)) == [
        "report.html has 0 bytes instead of 11",
        "results/20/1/BN_1_R-grad_cam.png is missing",
        "results/20/1/BN_1_R-photograph.jpg has other content than was written",
        f"results/20/1/_done.json has 2 bytes instead of {len_of_marker(explanation)}",
    ]
    assert len(verify(explanation.root, verify="size")) == 3


def len_of_marker(explanation):
    return json.loads(explanation.manifest.read_text())["files"]["results/20/1/_done.json"]["bytes"]


def test_files_that_it_does_not_list_are_strangers_and_no_damage(explanation):
    (explanation.pictures(20, 1) / "mine.png").write_bytes(b"mine")
    (explanation.root / "results" / "notes.txt").write_bytes(b"mine")
    left = explanation.root / "maps" / "0" / f"{markers.UNFINISHED}1"
    left.mkdir()
    (left / "maps.parquet").write_bytes(b"half")
    assert verify(explanation.root) == []
    assert strangers(explanation.root) == [
        "maps/0/.unfinished-1/maps.parquet",
        "results/20/1/mine.png",
        "results/notes.txt",
    ]


def test_work_that_is_not_done_is_not_listed(explanation):
    left = explanation.root / "maps" / "0" / f"{markers.UNFINISHED}0-old"
    shutil.copytree(explanation.maps(0, 0), left)
    (explanation.pictures(20, 2) / markers.MARKER).write_text("{")
    write_manifest(explanation, MADE_FROM)
    listed = json.loads(explanation.manifest.read_text())["files"]
    assert not [name for name in listed if markers.UNFINISHED in name or name.startswith("results/20/2/")]
    assert "results/20/2/BN_1_R-grad_cam.png" in strangers(explanation.root)


def test_a_manifest_that_points_outside_opens_nothing(explanation, monkeypatch):
    secret = explanation.root.parent / "secret"
    secret.write_bytes(b"secret")
    manifest = json.loads(explanation.manifest.read_text())
    manifest["files"] = {"../secret": {"bytes": 6, "sha256": "0"}, "/etc/passwd": {"bytes": 6, "sha256": "0"}}
    explanation.manifest.write_text(json.dumps(manifest))
    monkeypatch.setattr("storage.inventory.hash_file", lambda path: pytest.fail(f"{path} was opened"))
    assert verify(explanation.root) == [
        "../secret lies outside of the folder and was not opened",
        "/etc/passwd lies outside of the folder and was not opened",
    ]


def test_a_marker_that_points_outside_gets_nothing_listed_that_is_opened(explanation):
    marker_file = explanation.maps(0, 0) / markers.MARKER
    marker = json.loads(marker_file.read_text())
    marker["files"] = {"/etc/passwd": marker["files"]["maps.parquet"]}
    marker_file.write_text(json.dumps(marker))
    write_manifest(explanation, MADE_FROM)
    assert verify(explanation.root) == ["maps/0/0//etc/passwd is missing"]


def test_without_a_manifest_no_explanation_was_finished(tmp_path):
    for look in (verify, strangers):
        with pytest.raises(
            MissingError, match="holds no finished explanation; make one with coin-xai explain"
        ):
            look(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("\xff", "cannot be read"),
        ("[]", "is no manifest of version 1"),
        ('{"schema_version": 2}', "is no manifest of version 1"),
        ('{"schema_version": 1}', "lists no files"),
        ('{"schema_version": 1, "files": []}', "lists no files"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named(explanation, text, told):
    explanation.manifest.write_bytes(text.encode("latin-1"))
    with pytest.raises(DamagedError, match=rf"manifest\.json {told}"):
        verify(explanation.root)


def test_it_may_be_reached_through_the_link_to_the_latest(explanation, tmp_path):
    (tmp_path / "latest").symlink_to(explanation.root)
    assert verify(tmp_path / "latest") == strangers(tmp_path / "latest") == []


def test_what_json_cannot_hold_is_refused_and_the_manifest_of_before_stays(explanation):
    before = explanation.manifest.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_manifest(explanation, {"score": float("nan")})
    assert explanation.manifest.read_bytes() == before


def test_it_is_read_in_whatever_form_others_wrote_it(explanation):
    manifest = json.loads(explanation.manifest.read_text())
    listed = dict(reversed(manifest["files"].items()))
    explanation.manifest.write_text(json.dumps({**manifest, "files": listed}))
    (explanation.root / "results" / "notes.txt").write_bytes(b"mine")
    assert verify(explanation.root) == []
    assert strangers(explanation.root) == ["results/notes.txt"]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_one_that_was_cut_is_damaged_and_not_a_shorter_one(explanation, kept):
    content = explanation.manifest.read_bytes()
    explanation.manifest.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DamagedError, match=r"manifest\.json cannot be read"):
        verify(explanation.root)


def test_of_names_beside_folders_that_begin_alike_none_is_a_stranger(explanation):
    for name in ("app", "app-2", "app.old", "apple", "Ünique", "x\udcff"):
        with committing(explanation.root / name, name) as folder:
            (folder / f"{name}.txt").write_bytes(b"page")
            (folder / "in").mkdir()
            (folder / "in" / "deep").write_bytes(b"page")
            (folder / "in.txt").write_bytes(b"page")
    write_manifest(explanation, MADE_FROM)
    listed = list(json.loads(explanation.manifest.read_text())["files"])
    assert listed == sorted(listed)
    assert verify(explanation.root) == strangers(explanation.root) == []
    (explanation.root / "app.old" / "in" / "mine").write_bytes(b"mine")
    assert strangers(explanation.root) == ["app.old/in/mine"]


@pytest.mark.slow
def test_writing_and_reading_it_takes_no_memory_for_each_file(tmp_path):
    explanation, grown = ExplanationLayout(tmp_path), []
    for path in (explanation.assignments, explanation.assignments_csv, explanation.report):
        path.write_bytes(b"")
    for clusters in (2, 20):
        for cluster in range(clusters):
            with committing(explanation.pictures(1, cluster), "x") as folder:
                for coin in range(200):
                    (folder / f"coin-{coin}.png").write_bytes(b"")
        tracemalloc.start()
        write_manifest(explanation, MADE_FROM)
        assert verify(explanation.root, verify="size") == strangers(explanation.root) == []
        grown.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert grown[1] - grown[0] < 18 * 200 * 60, "of the 650 bytes that a file takes as an object"
