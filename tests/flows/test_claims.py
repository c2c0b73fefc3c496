import pytest

from coin_xai.claims.options import ClaimsOptions
from flows.explain_clusters import explain_clusters
from storage.layout import RunLayout
from storage.manifest import read_manifest, verify
from tests.flows.conftest import copied
from tests.written import make_old, written_since

pytestmark = pytest.mark.slow

SECTION = 'id="claims"'


@pytest.fixture(scope="module")
def run(_explained, tmp_path_factory):
    """A run that is explained, for the tests of this file."""
    return RunLayout(copied(_explained, tmp_path_factory.mktemp("claims")))


@pytest.fixture
def trained(_trained, tmp_path):
    """A run that is not explained yet."""
    return RunLayout(copied(_trained, tmp_path))


def written(run):
    """Return what tells of claims: measurements, answers, and page."""
    page = run.latest.resolve()
    return [*(run.root / "claims").rglob("*.*"), *(page / "page" / "claims").iterdir(), page / "report.html"]


def test_claims_that_are_asked_later_come_to_the_page(run, call):
    assert SECTION not in (run.latest / "report.html").read_text()
    code, printed = call("claims", run.root, "--parts", "radial")
    assert code == 0
    for number in (1, 2, 3, 4, 5, 6, 7):
        assert f" {number}: " in printed
    page = (run.latest / "report.html").read_text()
    assert page.count('class="claim ') == 2  # those about rings that need no label
    assert "it is about coins with a cross" in page.lower()
    assert verify(run.latest) == []
    assert "page/claims/verdicts.csv" in read_manifest(run.latest)["files"]


def test_nothing_is_done_again_and_an_explanation_keeps_them(run, call):
    before = make_old(written(run))
    assert call("claims", run.root, "--parts", "radial")[0] == 0
    assert call("explain", run.root)[0] == 0
    assert call("explain", run.root, "--claims", "radial")[0] == 0
    assert {*written(run)} == before
    assert not written_since(before)


def test_an_explanation_asks_when_it_is_told_to(run, call):
    assert call("explain", run.root, "--claims", "cross", "--symbol", "axe")[0] == 0
    assert run.claims(1, "cross").answers.is_dir()
    assert (run.latest / "report.html").read_text().count('class="claim ') > 2


def test_claims_that_fail_cost_no_page_and_are_told(trained, caplog):
    (trained.root / "claims").write_text("no folder")
    with pytest.raises(NotADirectoryError):
        explain_clusters.fn(trained.root, claims=ClaimsOptions(claims="radial"))
    assert "the page is made without them" in caplog.text
    assert verify(trained.latest) == []
    assert SECTION not in (trained.latest / "report.html").read_text()


def test_answers_about_other_clusters_are_not_shown(run, call):
    answers = [run.claims(1, parts).answers for parts in ("cross", "radial")]
    for folder in answers:
        marker = folder / "_done.json"
        marker.write_text(marker.read_text().replace('"partition": "', '"partition": "x'))
    assert call("explain", run.root)[0] == 0
    assert SECTION not in (run.latest / "report.html").read_text()
    assert verify(run.latest) == []


def test_a_run_that_is_given_twice_is_refused(run, call):
    code, printed = call("claims", run.root, run.root)
    assert code == 2
    assert "given twice" in printed


def test_a_part_of_an_explanation_asks_nothing_yet(trained, call):
    code, printed = call("explain", trained.root, "--clusters", "0", "--claims", "radial")
    assert code == 0, printed
    assert (trained.latest / "manifest.json").exists()
    assert not (trained.root / "claims").exists()
