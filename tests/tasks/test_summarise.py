import re
from dataclasses import replace

import pandas as pd
import pytest

from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import Answers, Finding
from storage.layout import RunLayout
from storage.markers import committing
from tasks.claims.kept import write_answers
from tasks.explaining.recognition import read_recognition
from tasks.summarise import markdown


@pytest.fixture
def run(tmp_path):
    """A run of three coins in two clusters that has neither pictures nor figures."""
    layout = RunLayout(tmp_path / "run|1")
    explanation = layout.explanation("abc")
    explanation.root.mkdir(parents=True)
    coins = pd.DataFrame(
        {
            "coin_id": ["a", "b", "c"],
            "cluster": [4, 7, 7],
            "score": [3.0, 2.0, 3.0],
        }
    )
    coins.to_parquet(explanation.assignments)
    return layout, explanation


def test_clusters_come_by_size_and_what_is_not_known_is_told(run):
    text = markdown(*run, epoch=3, failures=[])
    assert "3 coins in 2 clusters after 3 epochs. Whether held-out coins are recognised is not known" in text
    assert text.index("| 7 | 2 |") < text.index("| 4 | 1 |")
    assert "## Failed" not in text


def test_what_is_recognised_of_each_cluster_is_told_with_its_controls(explained_run, monkeypatch):
    known = read_recognition(explained_run.explanation)
    # One cluster at least without evidence, whatever this processor makes of so few coins.
    failing = known.clusters.assign(evidence=known.clusters["cluster"] > 0, reason="a control is as good")
    tables = replace(known, clusters=failing)
    monkeypatch.setattr("tasks.summarise.read_recognition", lambda _files: tables)
    text = markdown(explained_run.layout, explained_run.explanation, epoch=2, failures=[])
    assert "Of the coins that were held out, " in text
    assert "upper bound" not in text  # the whole training was repeated in each fold
    assert "| cluster | coins | recognised | HOG | untrained | shuffled | maps |" in text
    assert text.count("no evidence: ") == (~tables.clusters["evidence"]).sum() > 0


def test_failures_are_a_table_in_which_nothing_is_markup(run):
    text = markdown(*run, epoch=3, failures=[("cluster 4", "bad | <img src=x>\n# title")])
    assert "| cluster 4 | bad \\| \\<img src=x\\> \\# title |" in text
    assert text.startswith("# run\\|1\n")


def test_a_network_trained_elsewhere_has_no_figures(run):
    assert "trained elsewhere" in markdown(*run, epoch=3, failures=[])


def test_the_last_epochs_are_a_table_of_what_is_known(run):
    layout, _ = run
    layout.metrics.parent.mkdir(parents=True)
    figures = {"epoch": range(12), "loss": [None] * 12, "seed_stability_ami": [0.25] * 12}
    pd.DataFrame(figures).to_csv(layout.metrics, index=False)
    layout.curves.write_bytes(b"a picture")
    text = markdown(*run, epoch=10, failures=[])
    assert "![curves by epoch](data:image/png;base64,YSBwaWN0dXJl)\n\n| epoch" in text
    assert "| epoch | AMI between seeds |\n| --- | --- |\n| 3 | 0.250 |" in text
    assert "| 10 | 0.250 |" in text
    assert "| 11 |" not in text


def test_what_the_training_warned_of_is_repeated_and_nothing_of_later_epochs(run):
    layout, _ = run
    layout.metrics.parent.mkdir(parents=True)
    figures = {
        "epoch": [1, 2, 3],
        "loss": 0.5,
        "warnings": [None, "One cluster holds *most* coins.", "later"],
    }
    pd.DataFrame(figures).to_csv(layout.metrics, index=False)
    assert "warns" not in markdown(*run, epoch=1, failures=[])
    text = markdown(*run, epoch=2, failures=[])
    assert "The training warns: One cluster holds \\*most\\* coins." in text
    assert "later" not in text


def test_the_page_is_named_by_its_path_which_no_browser_follows_from_a_server(run):
    _, explanation = run
    assert "Page, to be opened in a browser where the run lies: not made" in markdown(
        *run, epoch=1, failures=[]
    )
    explanation.report.write_text("<html>")
    assert f"where the run lies: `{explanation.report}`\n" in markdown(*run, epoch=1, failures=[])


def test_verdicts_are_a_table_with_those_that_were_not_asked(run):
    layout, explanation = run
    found = Finding(
        4, "Worn | coins.", "a rank", Estimate(0.5, 0.4, 0.6, 40), 0.1, {}, "supported", "it is <so>"
    )
    answers = Answers((found,), {1: "no cross"})
    explanation.page_claims.mkdir(parents=True)
    nothing = pd.DataFrame({"coin_id": []})
    with committing(explanation.page_claims, "abc", parts="cross", runs=["run"]) as folder:
        write_answers(folder, answers, measured=nothing, coins=nothing, methods="")
    text = markdown(layout, explanation, epoch=3, failures=[]).partition("## What may be said")[2]
    assert text.strip().startswith("Parts of coins: cross.")
    first, second = (line for line in text.splitlines() if line.startswith(("| 1 |", "| 4 |")))
    assert first == "| 1 | The cross is a global feature. | not asked |  |  | no cross |"
    assert second == "| 4 | Worn \\| coins. | supported | 0.50 (0.40 to 0.60) | 0.10 | it is \\<so\\> |"


def test_what_a_table_of_parts_does_not_mark_is_counted(run):
    layout, explanation = run
    explanation.page_claims.mkdir(parents=True)
    nothing = pd.DataFrame({"coin_id": []})
    told = {"parts": "table", "parts_table": "3f2a", "coins_without_parts": 2, "runs": ["run"]}
    with committing(explanation.page_claims, "abc", **told) as folder:
        write_answers(folder, Answers((), {1: "no cross"}), measured=nothing, coins=nothing, methods="")
    text = markdown(layout, explanation, epoch=3, failures=[]).partition("## What may be said")[2]
    assert re.match(r"\s+Parts of coins: table \(3f2a\); of 2 of \d+ coins no part is known\.\n", text)
