import shutil
import zipfile

import pytest

from storage.layout import RunLayout
from tasks.page.bundle import bundle
from tests.pages.conftest import until_drawn

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mailed(explanation, tmp_path_factory):
    """Make a bundle of a copy of the run, unpack it, and return the folder."""

    def make(**options):
        folder = tmp_path_factory.mktemp("bundle")
        shutil.copytree(explanation.parents[2], folder / "runs", symlinks=True)
        run = RunLayout(folder / "runs" / explanation.parents[1].name)
        with zipfile.ZipFile(bundle(run.root, **options)) as archive:
            archive.extractall(folder / "mailed")
        return folder / "mailed" / run.root.name

    return make


@pytest.fixture(scope="module")
def without_photographs(mailed):
    """One that holds none."""
    return mailed(photographs=False)


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


def test_without_photographs_the_tables_of_claims_are_there_and_coins_are_named(page, without_photographs):
    for name in ("verdicts.csv", "verdicts.parquet", "measured.csv", "coins.parquet", "methods.txt"):
        assert (without_photographs / "page" / "claims" / name).is_file()
    page.goto((without_photographs / "report.html").as_uri())
    links = page.locator("#claims .deciding a")
    assert links.first.inner_text() == links.first.get_attribute("title")


@pytest.mark.parametrize("file", ["report.html", "page/app/report.de.html"])
def test_without_photographs_there_is_heat_alone(page, without_photographs, file):
    for route in ("", "cluster/0", "coin/MC_0018_R", "coins", "notes"):
        page.goto(f"{(without_photographs / file).as_uri()}#/{route}")
        page.wait_for_load_state("load")
        until_drawn(page)
        sources = [one.get_attribute("src") for one in page.locator("img").all()]
        assert [one for one in sources if "svg" not in one] == [], route
        if route.startswith("coin/"):
            assert page.locator(".large figcaption b").all_inner_texts() == [
                "HiResCAM",
                "Match map",
                "Grad-CAM",
            ]
            widths = page.locator(".large canvas").evaluate_all("all => all.map((one) => one.width)")
            assert widths == [160, 160, 160] or page.locator(".large canvas.nothing").count()
        if route == "":
            assert page.get_by_role("button", name="Pictures").count() == 0
            page.locator(".map").focus()
            page.keyboard.press("ArrowRight")
            assert page.locator(".tip b").inner_text()
