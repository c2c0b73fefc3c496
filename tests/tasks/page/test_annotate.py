import pandas as pd
import pytest

from coin_xai.errors import CatalogueError
from storage import runs
from tasks.page.annotate import COLUMNS, annotate

COINS = pd.DataFrame({"coin_id": ["BN_1_R", "BN_2_R", "=1+1"], "cluster": [4, 7, 7]})


@pytest.fixture
def layout(tmp_path):
    """A run with one explanation of three coins in two clusters."""
    layout = runs.begin(tmp_path, "run", identity={"k": 2})
    explanation = layout.explanation("abc")
    explanation.root.mkdir(parents=True)
    COINS.to_parquet(explanation.assignments)
    return layout


@pytest.fixture
def read(layout, tmp_path):
    """Write rows as the page exports them, and read them into the run."""

    def read(*rows, text=None, columns=COLUMNS):
        usual = {"run": "run", "explanation": "abc", "about": "coin", "cluster": "4"}
        table = pd.DataFrame([{**usual, **row} for row in rows], columns=list(columns))
        path = tmp_path / "notes.csv"
        path.write_text(text or "\ufeff" + table.to_csv(index=False, lineterminator="\r\n"))
        return annotate(layout.root, path)

    return read


def test_notes_become_a_table_of_the_run_clusters_first(read, layout):
    read(
        {"coin_id": "BN_1_R", "poor_photograph": "yes", "note": 'dark; "very"\nindeed'},
        {"about": "cluster", "cluster": "7", "name": "axes", "note": None},
    )
    table = pd.read_parquet(layout.annotations)
    assert table["about"].tolist() == ["cluster", "coin"]
    assert table["name"].tolist()[0] == "axes"
    assert table["note"].tolist()[1] == 'dark; "very"\nindeed'
    assert table["poor_photograph"].tolist() == [False, True]
    assert table["wrong_cluster"].tolist() == [False, False]
    assert table["cluster"].tolist() == [7, 4]


def test_what_is_noted_again_replaces_what_was_and_the_rest_stays(read):
    read({"coin_id": "BN_1_R", "note": "one"}, {"coin_id": "BN_2_R", "cluster": "7", "note": "two"})
    table = read({"coin_id": "BN_1_R", "wrong_cluster": "yes"}, {"about": "cluster", "name": "boars"})
    notes = table.set_index("coin_id")
    assert len(table) == 3
    assert pd.isna(notes.loc["BN_1_R", "note"])
    assert notes.loc["BN_1_R", "wrong_cluster"]
    assert notes.loc["BN_2_R", "note"] == "two"


def test_a_table_that_a_german_spreadsheet_saved_is_read_as_well(read):
    header = ";".join(COLUMNS)
    table = read(text=f"{header}\nrun;abc;coin;=1+1;7;;yes;;;größer\n")
    assert table["note"].tolist() == ["größer"]
    assert table["poor_photograph"].tolist() == [True]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"run": "another"}, "notes.csv has rows that are notes of another run than run: row 2"),
        ({"explanation": "def"}, "are of an explanation that the run does not have: row 2"),
        ({"explanation": "../.."}, "are of an explanation that the run does not have: row 2"),
        ({"explanation": None}, "are of an explanation that the run does not have: row 2"),
        ({"about": "hoard"}, "are about neither coin nor cluster: row 2"),
        ({"coin_id": "BN_9_R"}, "name no coin of the explanation: row 2"),
        ({"coin_id": None}, "name no coin of the explanation: row 2"),
        ({"cluster": "5"}, "name no cluster of the explanation: row 2"),
        ({"cluster": "four"}, "name no cluster of the explanation: row 2"),
        ({"about": "cluster"}, "are about a cluster and name a coin: row 2"),
        ({"selected": "perhaps"}, "have a mark .* other than yes: row 2"),
    ],
)
def test_a_row_that_breaks_a_rule_is_named_and_nothing_is_changed(read, layout, row, words):
    with pytest.raises(CatalogueError, match=words):
        read({"coin_id": "BN_1_R", **row}, {"coin_id": "BN_2_R", "cluster": "7"})
    assert not layout.annotations.exists()


def test_two_rows_about_the_same_are_refused(read):
    with pytest.raises(
        CatalogueError, match=r"notes\.csv has rows that are about the same as another row: row 2, 3"
    ):
        read({"coin_id": "BN_1_R"}, {"coin_id": "BN_1_R", "cluster": "7"})


def test_a_file_without_the_columns_is_refused(read):
    with pytest.raises(CatalogueError, match="lacks the columns run, explanation, about"):
        read(text="name,note\nx,y\n")
