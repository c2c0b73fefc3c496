"""What a person sees of a run in the pages of the Prefect server, in a real browser."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from coin_xai.deepcluster.options import TrainingOptions
from flows.explain_clusters import explain_clusters
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from flows.train_clusters import train_clusters
from tests.waiting import PATIENCE_S, wait_until

sync_api = pytest.importorskip("playwright.sync_api")
MATERIALISED = "prefect.asset.materialization.succeeded"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("server"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def explained(server_address, coins, tmp_path_factory):
    """The flow run of an explanation of drawn coins."""
    with temporary_settings({PREFECT_API_URL: server_address}):
        study(
            Photographs(images=coins),
            TrainingOptions(k=3, width=0.0625, batch_size=8),
            Duration(epochs=1),
            Place(runs=tmp_path_factory.mktemp("shown"), name="shown"),
        )
        with get_client(sync_client=True) as client:
            (run,) = [run for run in client.read_flow_runs() if run.name == "explain shown"]
    return run


@pytest.fixture(scope="module")
def forms(server_address):
    """The ids of deployments whose forms can be filled in, by flow."""
    with temporary_settings({PREFECT_API_URL: server_address}):
        return {
            flow: flow.to_deployment(
                "form",
                parameters={} if flow is explain_clusters else {"photographs": {"images": "/data/coins"}},
            ).apply()
            for flow in (study, train_clusters, explain_clusters)
        }


@pytest.fixture(params=[train_clusters], ids=lambda flow: flow.name)
def form(request, forms):
    """The id of one of them."""
    return forms[request.param]


# Begun when all is there: as long as Playwright is open, Prefect takes this thread for one of asyncio.
# One serves all tests, since the pages of Prefect load much, which it keeps.
@pytest.fixture(scope="module")
def browser(explained, forms):  # noqa: ARG001
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE_S * 1000
        )
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(PATIENCE_S * 1000)
        yield context
        browser.close()


@pytest.fixture
def page(request, browser):
    page = browser.new_page()
    yield page
    pictures = Path(request.config.rootpath) / "build" / "pages"
    pictures.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=pictures / f"{request.node.name}.png", full_page=True)
    page.close()


def fields(schema, properties):
    """Yield title and description of every field of a form, at any depth."""
    for rules in properties.values():
        defined = schema["definitions"][rules["$ref"].split("/")[-1]] if "$ref" in rules else {}
        whole = {**defined, **rules}
        yield whole["title"], " ".join(whole["description"].split())
        yield from fields(schema, whole.get("properties", {}))


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


@pytest.mark.parametrize("form", [study, train_clusters, explain_clusters], indirect=True)
def test_the_form_shows_every_field_with_its_text_and_none_is_of_the_type_none(server, form, page):
    with get_client(sync_client=True) as client:
        schema = client.read_deployment(form).parameter_openapi_schema
    page.goto(address(server, f"/v2/deployments/deployment/{form}/run"))
    found = list(fields(schema, schema["properties"]))
    assert len(found) > 10
    page.get_by_text(found[-1][1]).wait_for()
    shown = " ".join(page.inner_text("main").split())
    for title, description in found:
        assert f"{title} (Optional) {description}" in shown or f"{title} {description}" in shown
    assert "None" not in shown


@pytest.mark.parametrize("pages", ["/v2", ""], ids=["v2", "v1"])
def test_a_form_that_nobody_touched_leaves_to_each_profile_what_it_says(server, form, page, pages):
    page.goto(address(server, f"{pages}/deployments/deployment/{form}/run"))
    # Until the page has filled in what it shows; the seed is one of it.
    page.wait_for_function("[...document.querySelectorAll('input')].some(field => field.value === '31')")
    with page.expect_response(lambda answer: answer.url.endswith("create_flow_run")) as created:
        page.get_by_role("button", name="Submit").click()
    assert created.value.ok, created.value.text()
    run = created.value.json()
    with get_client(sync_client=True) as client:
        client.delete_flow_run(run["id"])
    assert run["parameters"]["photographs"]["images"] == "/data/coins"
    for profile in ("small", "legacy"):
        training = {**run["parameters"]["training"], "profile": profile}
        assert TrainingOptions.model_validate(training) == TrainingOptions(profile=profile)
    assert Duration.model_validate(run["parameters"]["duration"]) == Duration()


@pytest.mark.parametrize(
    ("folder", "reason"),
    [("", "'images' is a required property"), ("demo/coins", "'demo/coins' does not match '^/'")],
    ids=["empty", "relative"],
)
def test_the_form_refuses_a_folder_that_names_none(server, form, page, folder, reason):
    page.goto(address(server, f"/v2/deployments/deployment/{form}/run"))
    page.get_by_label("Folder", exact=True).fill(folder)
    page.get_by_role("button", name="Submit").click()
    page.get_by_text(reason, exact=True).wait_for()
    assert page.url.endswith("/run")


def test_the_event_feed_shows_what_was_made(server, explained, page):  # noqa: ARG001
    made = {"filter": {"event": {"name": [MATERIALISED]}}}
    with get_client(sync_client=True) as client:
        wait_until(lambda: client.request("POST", "/events/filter", json=made).json()["total"], "an event")
    # By itself the page shows the last ones of all kinds, up to the full minute before it was opened.
    start, end = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 1))
    span = {name: f"{day:%Y-%m-%dT%H:%M:%SZ}" for name, day in (("start", start), ("end", end))}
    asked = {"events": json.dumps([MATERIALISED]), "rangeType": "range", **span}
    page.goto(address(server, f"/v2/events?{urlencode(asked)}"))
    page.get_by_text("coinxai://explanations/shown/").first.wait_for()


def test_the_form_refuses_no_clusters(server, form, page):
    page.goto(address(server, f"/v2/deployments/deployment/{form}/run"))
    clusters = page.get_by_label("Clusters (Optional)", exact=True)
    clusters.fill("0")
    clusters.evaluate("field => field.addEventListener('invalid', () => { window.refused = true; })")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_function("window.refused")
    assert (
        clusters.evaluate("field => field.validationMessage") == "Value must be greater than or equal to 2."
    )
    assert page.url.endswith("/run")
