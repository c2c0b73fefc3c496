import io
import json
import re
import shutil
import zipfile
from urllib.parse import unquote

import pandas as pd
import pytest
from PIL import Image

from coin_xai.errors import OptionError
from coin_xai.report.readme import CONTENTS
from storage.errors import DamagedError, MissingError, RunBusyError
from storage.layout import RunLayout
from storage.lock import holding
from tasks.page.bundle import bundle
from tasks.running.kept_times import begun_on


@pytest.fixture
def run(explained_run, tmp_path):
    """A copy of the run, to write into."""
    shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True)
    return RunLayout(tmp_path / "runs" / explained_run.layout.root.name)


def unpacked(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name.removeprefix("test/"): archive.read(name) for name in archive.namelist()}


def links(page):
    found = re.findall(r'(?:href|src)="([^"#:]+)"', page)
    return {unquote(one) for one in found}


def test_it_holds_the_page_a_citation_and_how_to_make_it_again(run):
    contents = unpacked(bundle(run.root))
    assert {
        "report.html",
        "CITATION.cff",
        "REPRODUCE.md",
        "photographs.sha256",
        "manifest.json",
        "run.json",
    } <= set(contents)
    assert links(contents["report.html"].decode()) <= set(contents)
    listed = json.loads(contents["manifest.json"])["files"]
    assert len([name for name in contents if name in listed]) > 50
    assert not [name for name in contents if name.startswith(("maps/", "results/"))]
    coins = pd.read_parquet(run.coins)
    assert contents["photographs.sha256"].decode().split() == [
        word for row in coins.sort_values("path").itertuples() for word in (row.sha256, row.path)
    ]
    assert f"SHA-256 `{json.loads(contents['manifest.json'])['made_from']['checkpoint_sha256']}`" in (
        contents["REPRODUCE.md"].decode()
    )


@pytest.mark.parametrize("photographs", [True, False])
def test_it_is_a_crate_that_lists_what_is_there(run, photographs):
    contents = unpacked(bundle(run.root, photographs=photographs, authors=["Müller, Anna"]))
    graph = {one["@id"]: one for one in json.loads(contents["ro-crate-metadata.json"])["@graph"]}
    listed = {one["@id"] for one in graph["./"]["hasPart"]} - {"page/"}
    assert listed == {*CONTENTS} & {*contents}
    assert {*CONTENTS} - listed == {
        name for name in CONTENTS if name.startswith("page/claims/")
    }  # none asked
    for name in listed:
        assert graph[name]["contentSize"] == str(len(contents[name]))
        assert f"| `{name}` |" in contents["README.md"].decode()
    assert graph["./"]["datePublished"] == begun_on(run)
    assert graph["#option-k"]["value"] == 3
    assert graph["#author-1"]["name"] == "Anna Müller"


def test_the_same_run_gives_the_same_bytes(run):
    before = bundle(run.root, base_url="https://example.org").read_bytes()
    assert bundle(run.root, base_url="https://example.org").read_bytes() == before


def test_without_photographs_no_picture_is_in_it(run):
    path = bundle(run.root, photographs=False)
    assert path != run.bundle(photographs=True)
    contents = unpacked(path)
    assert links(contents["report.html"].decode()) <= set(contents)
    for name, content in contents.items():
        assert not name.endswith((".webp", ".jpg", ".png"))
        assert content[:4] not in (b"RIFF", b"\xff\xd8\xff\xe0", b"\x89PNG"), name
        if name.endswith((".js", ".html", ".svg")):
            assert b"data:image" not in content, name
    assert b"heat.data.js" in contents["report.html"]


def test_each_cluster_gets_a_manifest_whose_pictures_are_there(run):
    base = "https://example.org/coins/"
    contents = unpacked(bundle(run.root, base_url=base))
    coins = pd.read_parquet(run.latest / "page" / "app" / "coins.parquet")
    for cluster, members in coins.groupby("cluster"):
        manifest = json.loads(contents[f"iiif/{cluster}/manifest.json"])
        names = [canvas["label"]["none"][0] for canvas in manifest["items"]]
        assert names == members.sort_values(["recognised", "score"], ascending=False)["coin_id"].tolist()
        for canvas in manifest["items"]:
            bodies = canvas["items"][0]["items"][0]["body"]["items"]
            assert len(bodies) == 4
            for body in bodies:
                picture = contents[unquote(body["id"].removeprefix(base))]
                with Image.open(io.BytesIO(picture)) as image:
                    assert (
                        image.size == (body["width"], body["height"]) == (canvas["width"], canvas["height"])
                    )
        prezi = pytest.importorskip("iiif_prezi3")
        prezi.Manifest(**manifest)


def test_manifests_without_photographs_show_heat_on_plain_paper(run):
    contents = unpacked(bundle(run.root, photographs=False, base_url="https://example.org"))
    pictures = {name: content for name, content in contents.items() if name.endswith(".jpg")}
    assert pictures
    heat = ("-grad_cam.jpg", "-hires_cam.jpg", "-match.jpg")
    assert all(name.startswith("iiif/") and name.endswith(heat) for name in pictures)
    manifest = json.loads(contents["iiif/0/manifest.json"])
    assert (
        len(manifest["items"][0]["items"][0]["items"][0]["body"]["items"]) == 3
    )  # Grad-CAM, HiResCAM, match map


def test_a_page_that_was_changed_is_not_mailed(run):
    (run.latest / "page" / "app" / "main.js").write_text("alert(1)")
    with pytest.raises(DamagedError, match=r"main\.js is not as its manifest says.*coin-xai explain"):
        bundle(run.root)
    assert not run.bundle(photographs=True).exists()


def test_a_run_without_explanation_or_with_somebody_at_work_on_it_is_refused(run):
    with holding(run.lock), pytest.raises(RunBusyError):
        bundle(run.root)
    with pytest.raises(OptionError, match="base address"):
        bundle(run.root, base_url="example.org")
    (run.latest / "manifest.json").unlink()
    with pytest.raises(MissingError, match="coin-xai explain"):
        bundle(run.root)
