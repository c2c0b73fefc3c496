import shutil
import zipfile

import pytest

from storage.layout import RunLayout
from tasks.bundle import bundle

pytestmark = pytest.mark.slow


@pytest.fixture
def mailed(explanation, tmp_path):
    """Make a bundle of a copy of the run, unpack it, and return the folder."""

    def make(**options):
        shutil.copytree(explanation.parents[2], tmp_path / "runs", symlinks=True)
        run = RunLayout(tmp_path / "runs" / explanation.parents[1].name)
        with zipfile.ZipFile(bundle(run.root, **options)) as archive:
            archive.extractall(tmp_path / "mailed")
        return tmp_path / "mailed" / run.root.name

    return make


def test_what_was_mailed_opens_with_all_its_pictures(page, mailed):
    folder = mailed()
    page.goto((folder / "report.html").as_uri())
    page.locator(".index a").first.click()
    page.locator(".coin figcaption a").first.click()
    page.wait_for_selector(".large")
    for image in page.locator(".large img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.goto((folder / "report.html").as_uri())
    addresses = [link.get_attribute("href") for link in page.locator(".files a").all()]
    assert all((folder / address).is_file() for address in addresses)


@pytest.mark.parametrize("route", ["", "cluster/0", "coin/MC_0018_R", "coins", "notes"])
@pytest.mark.parametrize("file", ["report.html", "page/app/report.de.html"])
def test_without_photographs_there_is_heat_alone(page, mailed, route, file):
    folder = mailed(photographs=False)
    page.goto(f"{(folder / file).as_uri()}#/{route}")
    page.wait_for_load_state("load")
    assert [
        one.get_attribute("src") for one in page.locator("img").all() if "svg" not in one.get_attribute("src")
    ] == []
    if route.startswith("coin/"):
        assert page.locator(".large figcaption b").all_inner_texts() == ["HiResCAM", "Grad-CAM"]
        widths = page.locator(".large canvas").evaluate_all("all => all.map((one) => one.width)")
        assert widths == [160, 160] or page.locator(".large canvas.nothing").count()
    if route == "":
        assert page.get_by_role("button", name="Pictures").count() == 0
        page.locator(".map").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator(".tip b").inner_text()
