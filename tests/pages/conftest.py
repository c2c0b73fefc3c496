"""A real run of drawn coins with names and values that mean harm, and a real browser to look at it."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.once import made_once
from tests.waiting import PATIENCE_S

HOSTILE = "<img src=x onerror=alert(1)>"
ODD = ("__proto__", "a#b c%41", HOSTILE)
REAL = Path(__file__).parents[3] / "shared" / "coins" / "ocre-berlin"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def explanation(tmp_path_factory):
    """The folder of an explanation with claims: 18 coins with a table, three of them with odd names."""
    from coin_xai.attribution.options import ExplanationOptions
    from coin_xai.claims.options import ClaimsOptions
    from coin_xai.deepcluster.options import TrainingOptions
    from coin_xai.mint import Issue
    from flows.parameters import Duration, Photographs, Place
    from flows.study import study
    from tasks.photographs.write_drawn_coins import write_drawn_coins

    def make(folder):
        truths = pd.read_csv(write_drawn_coins(folder / "coins", Issue(coins=18, types=3, seed=7)), dtype=str)
        for position, name in enumerate(ODD):
            (folder / "coins" / truths.loc[position, "file"]).rename(folder / "coins" / f"{name}.jpg")
            truths.loc[position, "file"] = f"{name}.jpg"
        table = truths[["file", "type", "canton_1", "canton_2", "canton_3", "canton_4", "wear"]].assign(
            uri="https://example.org/coin", **{"<b>remark</b>": "plain"}
        )
        table.loc[0, "uri"] = "javascript:alert(1)"
        table.loc[1, "<b>remark</b>"] = "</script><script>document.title='owned'</script>"
        table.to_csv(folder / "table.csv", index=False)
        (folder / "coins" / "broken.jpg").write_text("<svg/>")
        return study.fn(
            Photographs(images=folder / "coins", coins=folder / "table.csv"),
            TrainingOptions(k=4, batch_size=8),
            Duration(epochs=2),
            Place(runs=folder / "runs", name="pages"),
            ExplanationOptions(also=("gradient",)),
            ClaimsOptions(claims="cross"),
        ).resolve()

    return made_once(tmp_path_factory, "pages", make)


@pytest.fixture(scope="session")
def real_explanation(tmp_path_factory):
    """The folder of an explanation of every eighth Roman coin, if they lie beside the project."""
    if not (REAL / "labels.csv").exists():
        pytest.skip(f"no photographs of real coins in {REAL}")
    from coin_xai.deepcluster.options import TrainingOptions
    from flows.parameters import Duration, Photographs, Place
    from flows.study import study

    folder = tmp_path_factory.mktemp("real")
    table = pd.read_csv(REAL / "labels.csv", dtype=str)[6::8]
    table.to_csv(folder / "labels.csv", index=False)
    (folder / "reverse").mkdir()
    for file in table["reverse_file"]:
        shutil.copy(REAL / file, folder / file)
    return Path(
        study.fn(
            Photographs(images=folder / "reverse", coins=folder / "labels.csv", file_column="reverse_file"),
            TrainingOptions(k=3),  # so that the largest has more coins than are shown at once
            Duration(epochs=1),
            Place(runs=folder, name="Berlin"),
        )
    ).resolve()


# Of these files alone, since nothing else in the process that wants an event loop can have one while it runs.
@pytest.fixture(scope="package")
def browser():
    """Start the Chromium of this machine; without one the tests of pages are skipped."""
    playwright = pytest.importorskip("playwright.sync_api")
    executable = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip(f"no browser among {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE_S * 1000
        )
        yield running
        running.close()


@pytest.fixture(scope="package")
def window_of_tabs(browser):
    """A browser window that tests open their tabs in; a window for each costs a second of the processor."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE_S * 1000)
    context.new_page()  # the window closes with its last tab
    yield context
    context.close()


@pytest.fixture
def page(window_of_tabs):
    """A fresh browser tab that fails the test when anything goes wrong in it, or it asks the net."""
    window = window_of_tabs.new_page()
    faults = []
    window.on("console", lambda message: faults.append(message.text) if message.type != "log" else None)
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    window.on(
        "requestfailed",
        lambda request: faults.append(f"not found: {request.url}") if lacks(request) else None,
    )
    window.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "blob:")) else faults.append(request.url),
    )
    yield window
    if window.url.startswith("file:"):
        window.evaluate("localStorage.clear()")  # what one test notes is nothing to the next one
    window.close()
    assert faults == []


def lacks(request):
    """Tell whether a request failed by itself; those that were under way when a page was left did not."""
    return request.failure != "net::ERR_ABORTED"


def until_drawn(page):
    """Wait until the browser has done what it was told, and has drawn it."""
    frame = "new Promise((next) => requestAnimationFrame(next))"
    page.evaluate(
        f"async () => {{ await {frame}; await {frame}; await new Promise((next) => setTimeout(next)); }}"
    )


def go(page, route):
    """Go to another page of the file that is open, by the part of the address behind #, and wait for it.

    The address changes at once and the page only with the event that follows: what is read or pressed in
    between belongs to the page before. This listener is younger than the page's own, so it is told later.
    """
    page.evaluate(
        """async (route) => {
            const address = new URL(`#/${route}`, location.href);
            if (address.href === location.href) return;
            const changed = new Promise((shown) => addEventListener("hashchange", shown, { once: true }));
            location.hash = address.hash;
            await changed;
        }""",
        route,
    )
    until_drawn(page)


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["wide", "narrow"])
def screen(request, page):
    """A wide and a narrow screen, one after the other; its name."""
    width, height = request.param
    page.set_viewport_size({"width": width, "height": height})
    return "wide" if width > 1000 else "narrow"


def open_at(page, address, route):
    """Open a page at what its address says behind #, or go there if it is open; return the page."""
    if page.url.split("#")[0] == address:
        go(page, route)
    else:
        page.goto(f"{address}#/{route}")
        page.wait_for_load_state("load")
        until_drawn(page)
    return page


@pytest.fixture
def visit(page, explanation):
    """Open a page of the run, by the part of the address behind #."""

    def visit(route="", file="report.html"):
        return open_at(page, (explanation / file).as_uri(), route)

    return visit
