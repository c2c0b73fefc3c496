import shutil

import pandas as pd
import pytest

from coin_xai.errors import OptionError
from storage.errors import MissingError
from storage.layout import ExplanationLayout, RunLayout
from storage.markers import sweep
from tasks.claims.answer import answer_claims, latest_job
from tasks.claims.kept import NOT_ASKED, read_answers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(explained_run, tmp_path_factory):
    """A copy of the explained run that may be written into."""
    folder = tmp_path_factory.mktemp("claims") / "runs"
    shutil.copytree(explained_run.layout.root.parent, folder, symlinks=True)
    return folder / explained_run.layout.root.name


def asked(run, **how):
    """Return the folder of the answers about a run, and the answers."""
    folder = answer_claims.fn([latest_job(run)], **how)
    return folder, read_answers(folder)


@pytest.fixture(scope="module")
def answered(run):
    return asked(run, model="cross", label="type")


def made(run):
    return {path: path.stat().st_mtime_ns for path in (run / "claims").rglob("measured.parquet")}


def test_every_claim_has_a_verdict_or_lacks_something(answered):
    folder, answers = answered
    verdicts = pd.read_csv(folder / "verdicts.csv")
    assert verdicts["number"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert set(verdicts["verdict"]) <= {"cannot be decided", NOT_ASKED}  # by sixteen coins
    lacking = verdicts.loc[verdicts["verdict"] == NOT_ASKED, "number"]
    assert lacking.tolist() == sorted(answers.lacking)


def test_the_measurements_hold_every_coin_and_every_control(answered, run):
    folder, _ = answered
    measured = pd.read_parquet(folder / "measured.parquet")
    coins = pd.read_parquet(folder / "coins.parquet")
    assert measured.groupby("source")["coin_id"].nunique().to_dict() == dict.fromkeys(
        ("network", "untrained", "shuffled", "noise"), len(coins)
    )
    assert set(measured["run"]) == {run.name}


def test_every_coin_is_given_the_canton_of_another_one_of_any_cluster(answered):
    measured = pd.read_parquet(answered[0] / "measured.parquet").query("source == 'network'")
    cluster = pd.read_parquet(answered[0] / "coins.parquet").set_index("coin_id")["cluster"]
    assert set(measured["donor"]) <= set(measured["coin_id"])
    assert (measured["donor"] != measured["coin_id"]).all()
    same = cluster[measured["donor"]].to_numpy() == cluster[measured["coin_id"]].to_numpy()
    assert 0 < same.sum() < len(same)


def test_a_network_that_is_shown_coins_alone_is_not_asked_about_backgrounds(answered):
    measured = pd.read_parquet(answered[0] / "measured.parquet")
    assert not {"lead other background", "lead grey"} & {*measured}
    assert "lead blur" in measured


def test_the_methods_name_what_was_used(answered):
    text = (answered[0] / "methods.txt").read_text()
    assert "statsmodels" in text
    assert "Holm" in text


def test_what_is_measured_is_not_measured_again_or_else_is_the_same(answered, run):
    before, measured = made(run), pd.read_parquet(answered[0] / "measured.parquet")
    chunk = next(path for path in before if "coins" in path.parts)
    shutil.rmtree(chunk.parent)
    shutil.rmtree(answered[0])  # as a run that was killed has none yet
    sweep(run)
    folder, _ = asked(run, model="cross", label="type")
    after = made(run)
    unchanged = {path for path in before if after[path] == before[path]}
    measured_again = {path for path in before if "answers" not in path.parts} - unchanged
    assert measured_again == {chunk}
    pd.testing.assert_frame_equal(measured, pd.read_parquet(folder / "measured.parquet"))


def test_rings_are_asked_about_apart_from_crosses(run):
    folder, answers = asked(run, model="radial")
    assert folder == RunLayout(run).claims(2, "radial").answers
    assert set(answers.lacking) == {1, 2, 5, 6, 7}
    assert "donor" not in pd.read_parquet(folder / "measured.parquet")  # rings have no cantons


def test_a_label_that_is_no_column_is_refused(run):
    with pytest.raises(OptionError, match="no column kind"):
        asked(run, model="cross", label="kind")


def test_columns_that_are_called_like_measures_keep_their_values(run):
    explanation = ExplanationLayout((run / "latest").resolve())
    assignments = pd.read_parquet(explanation.assignments)
    theirs = assignments.assign(relief="as somebody saw it")
    theirs.to_parquet(explanation.assignments, index=False)
    try:
        coins = pd.read_parquet(asked(run, model="radial")[0] / "coins.parquet")
    finally:
        assignments.to_parquet(explanation.assignments, index=False)
    assert set(coins["table_relief"]) == {"as somebody saw it"}
    assert pd.api.types.is_float_dtype(coins["relief"])


def test_a_run_without_a_page_is_refused(run, tmp_path):
    shutil.copytree(run, tmp_path / "runs" / "bare", symlinks=True)
    (tmp_path / "runs" / "bare" / "latest").unlink()
    with pytest.raises(MissingError, match="coin-xai explain"):
        latest_job(tmp_path / "runs" / "bare")
