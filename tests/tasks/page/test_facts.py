import pandas as pd
import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.report.words import LANGUAGES, text
from tasks.checkpoint import Checkpoint
from tasks.page.facts import facts

PHOTOGRAPHS = pd.DataFrame({"error": [None, "empty", None], "duplicate_of": [None, None, "x"]}, dtype=object)
COINS = pd.DataFrame({"head_agrees": [True, False], "no_positive_evidence": [False, True]})


def checkpoint(options, training=None, adopted=None):
    return Checkpoint(
        options=options, training=training or {}, algorithm="1", versions={"torch": "9"}, adopted=adopted
    )


def told(training=None, adopted=None, **options):
    chosen = TrainingOptions(**options).require(300)
    return dict(facts(PHOTOGRAPHS, chosen, "logit", 7, COINS, checkpoint(chosen, training, adopted)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_has_words_for_all_its_values(language):
    ways = [told(clustering=way) for way in ("kmeans", "matching", "pic")]
    ways += [told(clustering=way) for way in ("features", "given")]
    starts = ({"matching": 1}, {"given": {}})
    ways += [told(start, clustering="kmeans") for start in starts]
    ways += [told(description=one) for one in ("edges", "pretrained", "tuned")]
    ways += [told(description="timm:resnet18")]
    ways += [told({"standing": 0.9, "at_any_angle": one}) for one in (False, True)]
    ways += [told({"at_any_angle": one == "any"}, orientation=one) for one in ("upright", "any")]
    ways += [told(front=one) for one in ("edges", "pretrained", "both")]
    v2 = [{"clustering": way} for way in ("kmeans", "matching", "features", "given")]
    ways += [told(start, trainer="deepcluster-v2", **way) for start in starts for way in v2]
    ways += [told(trainer="deepcluster-v2", clustering="kmeans")]
    for found in (*ways, told(adopted={}), told(network="alexnet", sobel=False), told(network="alexnet")):
        for key, values in found.items():
            assert text(key, language)
            assert "{" not in text(f"{key}_is", language, **values)
            for value in values.values():
                if isinstance(value, str) and value.startswith("@"):
                    text(value[1:], language)


def test_the_numbers_are_those_of_the_tables():
    found = told(k=5, seed=3)
    assert found["fact_photographs"] == {"count": 3, "broken": 1, "copies": 1}
    assert found["fact_clustering"] == {"k": 5, "way": "@by_matching", "seed": 3, "profile": "small"}
    assert found["fact_dead"] == {"count": 1}


def test_what_parts_were_compared_by_is_told_where_they_were():
    assert told(description="pretrained")["fact_description"] == {"description": "@description_pretrained"}
    assert told()["fact_description"] == {"description": "@description_edges"}
    assert "fact_description" not in told(clustering="kmeans")
    assert "fact_description" not in told(adopted={})


def test_how_coins_lie_is_told_with_the_figure_that_decided():
    found = told({"standing": 0.22, "at_any_angle": True}, description="pretrained")
    assert found["fact_orientation"] == {"how": "@orientation_found_any", "standing": "22%"}
    assert found["fact_description"] == {"description": "@description_edges"}  # by nothing else at any angle
    assert told({"at_any_angle": True}, orientation="any")["fact_orientation"] == {"how": "@orientation_any"}
    assert "fact_orientation" not in told({"standing": None, "at_any_angle": False})
    kmeans = told({"standing": 0.9, "at_any_angle": False}, clustering="kmeans")
    assert kmeans["fact_orientation"]["how"] == "@orientation_found_upright"


def test_the_background_is_told_of_where_it_was_taken_out():
    options = TrainingOptions()
    _, (_, values), *_ = facts(PHOTOGRAPHS, options, "logit", 7, COINS, checkpoint(options), 1)[1:]
    assert values == {"alone": 1, "count": 2}
    assert "fact_background" not in told()


def test_of_a_network_trained_elsewhere_nobody_tells_how_it_learnt():
    assert "fact_learning" in told()
    assert told(adopted={})["fact_head"] == {"fit": "50.0%"}
    assert "fact_head" not in told()  # a head of ours is made from what it would be compared with
    assert not {"fact_learning", "fact_varied", "fact_clustering"} & set(told(adopted={}))


def test_what_an_alternation_began_with_is_told():
    given = told({"given": {}, "matching": None}, clustering="kmeans")
    assert given["fact_start"] == {"start": "@start_given"}
    vectors = told({"given": None, "matching": 1}, clustering="kmeans")
    assert vectors["fact_start"] == {"start": "@start_features"}
    assert "fact_start" not in told({"matching": 1})
    assert "fact_start" not in told(clustering="kmeans")


@pytest.mark.parametrize(
    ("clustering", "training", "start"),
    [
        ("matching", {"given": None, "matching": 1}, "matching"),
        ("kmeans", {"given": None, "matching": None}, "nothing"),
        ("kmeans", {"given": {}, "matching": None}, "given"),
        ("given", {"given": {}, "matching": None}, "given"),
        ("features", {"given": None, "matching": 1}, "features"),
    ],
)
def test_what_the_second_trainer_began_with_is_told(clustering, training, start):
    found = told(training, trainer="deepcluster-v2", clustering=clustering)
    assert found["fact_v2"] == {"start": f"@start_{start}"}
    assert found["fact_clustering"]["way"] == "@by_angle"
