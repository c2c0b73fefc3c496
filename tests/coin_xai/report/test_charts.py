from xml.etree import ElementTree

import pandas as pd
import pytest

from coin_xai.report.charts import cluster_sizes, training_curves
from coin_xai.report.words import words

WORDS = words("en")

METRICS = pd.DataFrame(
    {
        "epoch": [0, 1, 2],
        "ami_to_previous": [None, 0.2, 0.4],
        "seed_stability_ami": [0.3, 0.4, 0.5],
        "loss": [3.0, 2.0, None],
        "loss_of_chance": [2.5, 2.5, None],
    }
)


def lines(svg):
    """Return how many groups of lines a chart has."""
    ids = [element.get("id", "") for element in ElementTree.fromstring(svg).iter()]
    return sum(one.startswith("line2d") for one in ids)


def test_curves_of_a_column_are_drawn_where_it_has_figures():
    plain = lines(training_curves(METRICS, WORDS))
    assert lines(training_curves(METRICS.assign(ami_to_label=[0.1, 0.1, 0.2]), WORDS)) > plain
    assert lines(training_curves(METRICS.assign(ami_to_label=[None, None, None]), WORDS)) == plain


def test_a_network_trained_elsewhere_has_no_chart_of_a_loss():
    assert WORDS["cross_entropy"] in training_curves(METRICS, WORDS)
    assert WORDS["cross_entropy"] not in training_curves(METRICS.drop(columns="loss"), WORDS)


@pytest.mark.parametrize("column", ["baseline_ami_to_label", "untrained_ami_to_label"])
def test_what_learns_nothing_is_drawn_beside_the_label(column):
    known = METRICS.assign(ami_to_label=[0.1, 0.1, 0.2])
    assert lines(training_curves(known.assign(**{column: 0.15}), WORDS)) > lines(
        training_curves(known, WORDS)
    )


def test_a_single_epoch_without_learning_can_be_drawn():
    ElementTree.fromstring(training_curves(METRICS[["epoch", "seed_stability_ami"]].head(1), WORDS))


def test_a_training_without_any_agreement_can_be_drawn():
    ElementTree.fromstring(training_curves(METRICS[["epoch", "ami_to_previous"]].head(1), WORDS))


def test_every_language_has_words_of_its_own():
    assert training_curves(METRICS, WORDS) != training_curves(METRICS, words("de"))


@pytest.mark.parametrize("count", [1, 26, 500])
def test_every_cluster_has_a_bar(count):
    clusters = pd.DataFrame({"cluster": range(count), "size": range(1, count + 1)})
    ids = [element.get("id", "") for element in ElementTree.fromstring(cluster_sizes(clusters, WORDS)).iter()]
    assert sum(one.startswith("patch") for one in ids) >= count


def test_the_same_figures_give_the_same_bytes():
    assert training_curves(METRICS, WORDS) == training_curves(METRICS, WORDS)
