import pandas as pd
import pytest

from storage.layout import RunLayout
from tasks.summarise import markdown


@pytest.fixture
def run(tmp_path):
    """A run of three coins in two clusters that has neither pictures nor figures."""
    layout = RunLayout(tmp_path / "run|1")
    files = layout.explanation("abc")
    files.root.mkdir(parents=True)
    coins = pd.DataFrame(
        {
            "coin_id": ["a", "b", "c"],
            "cluster": [4, 7, 7],
            "distance": [0.1, 0.2, 0.1],
            "head_agrees": [True, True, False],
        }
    )
    coins.to_parquet(files.assignments)
    return layout, files


def test_clusters_come_by_size_with_what_the_head_knows(run):
    text = markdown(*run, epoch=3, failures=[])
    assert "3 coins in 2 clusters after 3 epochs. The head knows the cluster of 66.7% of them." in text
    assert text.index("| 7 | 2 | 50% |") < text.index("| 4 | 1 | 100% |")
    assert "## Failed" not in text


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
