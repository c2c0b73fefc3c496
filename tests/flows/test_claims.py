import zipfile

import pandas as pd
import pytest

from coin_xai.claims.options import ClaimsOptions
from flows.explain_clusters import explain_clusters
from storage.layout import RunLayout
from storage.manifest import read_manifest, verify
from storage.markers import read_marker
from tasks.page.bundle import bundle
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


@pytest.fixture
def parts(run, tmp_path):
    """A table that marks a cross in the middle of all coins of the run but two."""
    coins = pd.read_parquet(run.coins).dropna(subset="width").sort_values("coin_id")[2:]
    rows = [
        (
            coin.path,
            bar,
            *(round(share * side) for share, side in zip(box, [coin.width, coin.height] * 2, strict=True)),
        )
        for coin in coins.itertuples()
        for bar, box in {
            "Horizontal_Bar": (0.2, 0.45, 0.8, 0.55),
            "vertical bar": (0.45, 0.2, 0.55, 0.8),
            "mint mark": (0.3, 0.3, 0.4, 0.4),
        }.items()
    ]
    columns = ["file", "part", "left", "top", "right", "bottom"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "parts.csv", index=False)
    return tmp_path / "parts.csv"


def test_parts_that_somebody_has_marked_are_asked_about_and_shown(run, call, parts):
    assert call("claims", run.root, "--parts", "cross")[0] == 0
    code, printed = call("claims", run.root, "--parts", "table", "--parts-table", parts)
    assert code == 0, printed
    assert "no coin has a part `canton 1` in the table" in printed
    assert "coins no part is known by parts.csv" in printed
    digest = read_marker(run.claims(1, "table").answers)["facts"]["parts_table"]
    coins = len(pd.read_parquet(run.latest / "assignments.parquet"))
    page = (run.latest / "report.html").read_text()
    assert f"A person has marked the parts of the coins in a table ({digest})." in page
    assert f"Of 2 of {coins} coins no part is known." in page
    german = (run.latest / "page" / "app" / "report.de.html").read_text()
    assert f"Die Teile der Münzen hat jemand in einer Tabelle markiert ({digest})." in german
    assert "keine Münze hat in der Tabelle einen Teil `canton 1`" in german.replace("Keine", "keine")
    measured = pd.read_csv(run.latest / "page" / "claims" / "measured.csv")
    assert measured.query("source == 'network'")["lead mint mark"].notna().sum() == coins - 2
    assert verify(run.latest) == []
    with zipfile.ZipFile(bundle(run.root)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("page/claims/parts.csv"))
        assert len(archive.read(name).splitlines()) == 1 + 3 * (coins - 2)
        readme = next(one for one in archive.namelist() if one.endswith("README.md"))
        assert "`page/claims/parts.csv`" in archive.read(readme).decode()


def test_an_explanation_takes_a_table_of_parts_and_refuses_a_wrong_one_first(trained, call, parts):
    words = parts.read_text()
    parts.write_text(words.replace("mint mark", "blur"))
    code, printed = call("explain", trained.root, "--claims", "table", "--parts-table", parts)
    assert (code, "column part: `blur` means something else" in printed) == (2, True)
    assert not (trained.root / "explanations").exists()
    parts.write_text(words)
    code, printed = call("explain", trained.root, "--claims", "table", "--parts-table", parts)
    assert code == 0, printed
    assert "A person has marked the parts" in (trained.latest / "report.html").read_text()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (("--parts", "table"), "give one with --parts-table"),
        (("--parts-table", "PARTS"), "is given, but not asked for; say `table`"),
        (("--parts", "table", "--parts-table", "gone.csv"), "'gone.csv' does not exist"),
    ],
)
def test_a_table_of_parts_goes_with_the_parts_of_a_table(run, call, parts, how, words):
    code, printed = call("claims", run.root, *(parts if one == "PARTS" else one for one in how))
    assert code == 2
    assert words in printed


def test_a_study_refuses_a_table_of_parts_that_is_not_there_before_it_trains(coins, call, tmp_path):
    given = ("--claims", "table", "--parts-table", tmp_path / "gone.csv", "--runs", tmp_path / "runs")
    code, printed = call("study", coins, *given)
    assert (code, "gone.csv is not there (--parts-table)" in printed) == (2, True)
    assert not (tmp_path / "runs").exists()
