"""What a person sees of a run in the pages of the Prefect server, in a real browser."""

import shutil
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from coin_xai.deepcluster.options import TrainingOptions
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from flows.train_clusters import train_clusters

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS = 30_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("server"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def page(request):
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        pictures = Path(request.config.rootpath) / "build" / "pages"
        pictures.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=pictures / f"{request.node.name}.png")
        browser.close()


@pytest.fixture
def explained(coins, tmp_path):
    """The flow run of an explanation of drawn coins."""
    study(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8),
        Duration(epochs=1),
        Place(runs=tmp_path, name="shown"),
    )
    with get_client(sync_client=True) as client:
        (run,) = [run for run in client.read_flow_runs() if run.name == "explain shown"]
        yield run
        client.delete_flow_run(run.id)


@pytest.fixture
def form():
    """The id of a deployment whose form can be filled in."""
    return train_clusters.to_deployment("form", parameters={"photographs": {"images": "coins"}}).apply()


def address(server, path):
    return server.removesuffix("/api") + path


def test_the_run_shows_every_cluster(server, explained, page):
    page.goto(address(server, f"/v2/runs/flow-run/{explained.id}"))
    page.get_by_role("tab", name="Task Runs").click()
    for cluster in range(3):
        page.get_by_text(f"transform cluster {cluster} (").first.wait_for()


def test_the_summary_shows_typical_coins(server, explained, page):
    with get_client(sync_client=True) as client:
        (summary,) = [
            one
            for one in client.read_artifacts()
            if one.flow_run_id == explained.id and one.type == "markdown"
        ]
    page.goto(address(server, f"/v2/artifacts/artifact/{summary.id}"))
    sheet = page.get_by_alt_text("the most typical coin of each cluster")
    sheet.wait_for()
    assert sheet.evaluate("picture => picture.naturalWidth") > 200
    page.get_by_text("18 coins in 3 clusters").first.wait_for()


def test_the_form_refuses_no_clusters(server, form, page):
    page.goto(address(server, f"/v2/deployments/deployment/{form}/run"))
    clusters = page.get_by_label("Clusters (Optional)")
    clusters.fill("0")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_timeout(500)  # until the browser has drawn what it says
    assert (
        clusters.evaluate("field => field.validationMessage") == "Value must be greater than or equal to 2."
    )
    assert page.url.endswith("/run")
