import logging
import shutil

import numpy as np
import pandas as pd
import pytest

from coin_xai.errors import OptionError
from storage.errors import MissingError
from storage.layout import ExplanationLayout, RunLayout
from storage.markers import read_marker, sweep
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


BOX = ["coin_id", "part", "left", "top", "right", "bottom"]


def parts_table(run, file, *, coins, bars=("horizontal bar", "vertical bar"), width=0.15):
    """Mark bars of the first few coins of a run where the mint says that they lie; return the file."""
    truths = pd.read_parquet(RunLayout(run).coins).sort_values("coin_id")[:coins]
    lies = ["centre_x", "centre_y", "width_px", "height_px", "flan_radius"]
    truths[lies] = truths[lies].astype(float)
    rows = []
    for coin in truths.to_dict("records"):
        across, down = coin["centre_x"] * coin["width_px"], coin["centre_y"] * coin["height_px"]
        radius = coin["flan_radius"] * max(coin["width_px"], coin["height_px"])
        for bar in bars:
            half = np.array([0.8, width] if bar == "horizontal bar" else [width, 0.8]) * radius
            box = [across - half[0], down - half[1], across + half[0], down + half[1]]
            sides = [coin["width_px"], coin["height_px"]] * 2
            rows.append([coin["coin_id"], bar, *np.clip(box, 0, sides).round(1)])
    pd.DataFrame(rows, columns=BOX).to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def marked(run):
    """The answers about parts that are marked on 12 of the 16 coins, their table, and what was said."""
    file = parts_table(run, run.parent / "parts.csv", coins=12)
    logger, said = logging.getLogger("tasks.claims.answer"), []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger.addHandler(handler)
    try:
        return (*asked(run, model="table", parts_table=file, label="type"), file, said)
    finally:
        logger.removeHandler(handler)


def test_of_parts_in_a_table_is_asked_what_they_allow(marked, run):
    folder, answers, _, _ = marked
    assert folder == RunLayout(run).claims(2, "table").answers
    assert {found.number for found in answers.findings} >= {1, 2, 3, 4}
    assert answers.lacking[6] == "no coin has a part `canton 1` in the table"
    measured = pd.read_parquet(folder / "measured.parquet").query("source == 'network'")
    for part in ("horizontal bar", "vertical bar", "cross", "diagonal"):
        assert measured[f"lead {part}"].notna().sum() == 12


def test_coins_that_are_not_marked_are_counted_and_said(marked):
    folder, _, _, said = marked
    coins = pd.read_parquet(folder / "coins.parquet")
    assert (coins["parts"] == "").sum() == 4
    assert said == ["of 4 of 16 coins no part is known by parts.csv"]
    assert "of 4 of 16 coins no part is known" in (folder / "methods.txt").read_text().replace("\n", " ")
    assert read_marker(folder)["facts"]["coins_without_parts"] == 4
    assert coins["relief"].notna().sum() > 12  # it needs no parts


def test_the_table_lies_with_the_answers_and_its_digest_in_the_methods(marked):
    folder, _, file, _ = marked
    kept, given = pd.read_csv(folder / "parts.csv"), pd.read_csv(file)
    assert len(kept) == len(given) == 24
    assert f"(table {read_marker(folder)['facts']['parts_table']}," in (folder / "methods.txt").read_text()


def test_what_was_marked_is_drawn_hidden(marked):
    folder, answers, _, _ = marked
    assert len(answers.findings[0].deciding) == 10
    assert len(list((folder / "pictures").glob("1-*-after.webp"))) == 10


def test_the_same_table_is_measured_once_and_a_changed_one_anew(marked, run, tmp_path):
    before, (folder, _, file, _) = made(run), marked
    rows = pd.read_csv(file)
    rows[::-1].to_parquet(tmp_path / "same.parquet", index=False)
    asked(run, model="table", parts_table=tmp_path / "same.parquet", label="type")
    assert made(run) == before
    other = parts_table(run, tmp_path / "other.csv", coins=8, bars=("horizontal bar",), width=0.2)
    changed = set(rows["coin_id"])  # twelve coins: four are no longer marked, eight otherwise
    first = pd.read_parquet(folder / "measured.parquet")
    _, answers = asked(run, model="table", parts_table=other, label="type")
    of_table = {
        path
        for path in before
        if "2-table" in path.parts and changed & {*pd.read_parquet(path, columns=["coin_id"])["coin_id"]}
    }
    assert len(of_table) > 1
    after = made(run)
    assert {path for path in before if after[path] != before[path]} == of_table
    measured = pd.read_parquet(folder / "measured.parquet").query("source == 'network'")
    assert measured["lead horizontal bar"].notna().sum() == 8
    assert "lead vertical bar" not in measured
    assert answers.lacking[1] == "no coin has a part `cross` in the table"
    again, _ = asked(run, model="table", parts_table=file, label="type")
    pd.testing.assert_frame_equal(first, pd.read_parquet(again / "measured.parquet"))


def test_who_marks_another_coin_waits_for_the_coins_beside_it_alone(marked, run, tmp_path):
    folder, _, file, _ = marked
    asked(run, model="table", parts_table=file, label="type")
    coins = pd.read_parquet(folder / "coins.parquet")
    own = coins.loc[coins["parts"] == "", "coin_id"].iloc[0]
    more = pd.concat([pd.read_csv(file), pd.DataFrame([[own, "cross", 90, 90, 150, 150]], columns=BOX)])
    more.to_csv(tmp_path / "more.csv", index=False)
    before = made(run)
    asked(run, model="table", parts_table=tmp_path / "more.csv", label="type")
    after = made(run)
    again = [path for path in before if after[path] != before[path] and "coins" in path.parts]
    assert len(again) == 1
    assert own in pd.read_parquet(again[0])["coin_id"].tolist()


def test_what_a_kill_has_left_of_another_table_is_not_taken(marked, run, tmp_path):
    folder, _, file, _ = marked
    asked(run, model="table", parts_table=file, label="type")
    first = pd.read_parquet(folder / "measured.parquet")
    other = parts_table(run, tmp_path / "other.csv", coins=16, width=0.2)
    asked(run, model="table", parts_table=other, label="type")
    mixed = sorted(path for path in made(run) if "2-table" in path.parts and "coins" in path.parts)
    left = {path: path.parent / "_done.json" for path in mixed[1:]}
    kept = {path: (path.read_bytes(), marker.read_text()) for path, marker in left.items()}
    asked(run, model="table", parts_table=file, label="type")
    for path, (content, marker) in kept.items():  # as if only the first chunk had been measured anew
        path.write_bytes(content)
        left[path].write_text(marker)
    shutil.rmtree(folder)
    again, _ = asked(run, model="table", parts_table=file, label="type")
    pd.testing.assert_frame_equal(first, pd.read_parquet(again / "measured.parquet"))


def test_a_table_without_the_model_or_the_model_without_one_is_refused(run, tmp_path):
    with pytest.raises(OptionError, match="--parts-table"):
        asked(run, model="table")
    with pytest.raises(OptionError, match="not asked for"):
        asked(run, model="cross", parts_table=tmp_path)
