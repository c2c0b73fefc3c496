import pytest
from pydantic import ValidationError

from coin_xai.deepcluster.options import Augmentation, TrainingOptions
from coin_xai.errors import OptionError


def test_small_is_the_default_and_has_the_defaults_of_the_fields():
    assert TrainingOptions().profile == "small"
    assert TrainingOptions() == TrainingOptions(profile="small", augmentation=Augmentation())
    assert TrainingOptions().differences() == {}


def test_legacy_is_the_published_recipe():
    # From the published code's arguments and launch script, independently of the profile's own table.
    legacy = TrainingOptions(profile="legacy").model_dump()
    published = {
        "sobel": True,
        "sobel_padding": "zeros",
        "centre_crop": 224 / 256,
        "pca_dimensions": 256,
        "clustering": "kmeans",
        "kmeans_restarts": 1,
        "kmeans_iterations": 20,
        "sampler": "legacy_sampler",
        "passes": 1,
        "batch_size": 256,
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 10**-5,
        "augmentation": {"crop_scale_min": 0.08, "flip": True, "rotation_deg": 0, "studio": 0},
        "seed": 31,
        "network": "alexnet",
        "width": 1,
        "precision": "float32",
    }
    assert {name: legacy[name] for name in published} == published


@pytest.mark.parametrize("varied", [{"flip": False}, Augmentation(flip=False)])
def test_what_is_given_overrides_the_profile_and_nothing_else(varied):
    options = TrainingOptions(profile="legacy", learning_rate=0.01, augmentation=varied)
    assert options.learning_rate == 0.01
    assert not options.augmentation.flip
    assert options.augmentation.crop_scale_min == 0.08
    assert options.batch_size == 256
    assert options.differences() == {"learning_rate": (0.05, 0.01), "flip": (True, False)}


def test_written_out_values_are_resolved_and_come_back_equal():
    options = TrainingOptions(profile="legacy", k=7, batch_size=32)
    written = options.model_dump(mode="json")
    assert written["pca_dimensions"] == 256
    assert TrainingOptions.model_validate(written) == options


def test_a_misspelt_profile_or_option_is_an_error():
    with pytest.raises(ValidationError, match="'small' or 'legacy'"):
        TrainingOptions(profile="large")
    with pytest.raises(ValidationError, match="Extra inputs"):
        TrainingOptions(profile="legacy", learning=1)


def test_legacy_refuses_as_many_photographs_as_components():
    legacy = TrainingOptions(profile="legacy")
    with pytest.raises(OptionError, match="256 photographs have at most 255"):
        legacy.require(256)
    assert legacy.require(257) is legacy
    TrainingOptions(profile="legacy", pca_dimensions=32).require(200)
    TrainingOptions(pca_dimensions=256).require(200)


@pytest.mark.parametrize(
    ("name", "value"), [("profile", "legacy"), ("clustering", "pic"), ("sampler", "legacy_sampler")]
)
def test_the_second_trainer_refuses_recipes_of_the_first(name, value):
    chosen = TrainingOptions(trainer="deepcluster-v2", **{name: value})
    with pytest.raises(OptionError, match=f"--{name} {value} is of the trainer deepcluster"):
        chosen.require(1000)
    TrainingOptions(trainer="deepcluster-v2").require(1000)


@pytest.mark.parametrize(("coins", "size"), [(60, 16), (360, 18), (1226, 61), (5000, 64)])
def test_few_photographs_are_learnt_in_small_batches(coins, size):
    assert TrainingOptions(k=5).require(coins).batch == size
    assert TrainingOptions(k=5, batch_size=32).require(coins).batch == 32
    assert TrainingOptions(k=5, profile="legacy").require(1000).batch == 256


def test_a_trainer_has_values_of_its_own_which_can_be_overridden():
    first, second = TrainingOptions(), TrainingOptions(trainer="deepcluster-v2")
    assert (first.batch_size, first.learning_rate) == (None, 0.01)
    assert (second.batch_size, second.learning_rate) == (16, 0.03)
    assert second.differences() == {}
    chosen = TrainingOptions(trainer="deepcluster-v2", learning_rate=0.01, batch_size=None)
    assert (chosen.batch_size, chosen.learning_rate) == (16, 0.01)
    assert chosen.differences() == {"learning_rate": (0.03, 0.01)}
    assert TrainingOptions.model_validate(chosen.model_dump(mode="json")) == chosen


def test_more_clusters_than_photographs_are_refused():
    with pytest.raises(OptionError, match="k = 9 clusters from 8 usable photographs"):
        TrainingOptions(k=9).require(8)
    TrainingOptions(k=9, clustering="pic").require(8)


def test_coins_are_matched_however_many_they_are():
    assert TrainingOptions().require(300).clustering == "matching"
    assert TrainingOptions().require(1_000_000).clustering == "matching"
    assert TrainingOptions(clustering="kmeans").require(1000).clustering == "kmeans"
    assert TrainingOptions(profile="legacy").require(1000).clustering == "kmeans"


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ({"background": "remove"}, "gridnet sees the coin alone: leave --background out"),
        ({"sobel": False}, "gridnet sees coins in grey: leave --no-sobel out"),
    ],
)
def test_the_grid_network_takes_no_other_view(view, message):
    with pytest.raises(OptionError, match=message):
        TrainingOptions(**view).require(300)
    assert TrainingOptions(network="alexnet", **view).require(300)


def test_a_front_is_of_the_grid_network_alone():
    assert TrainingOptions(front="both").require(300).front == "both"
    with pytest.raises(OptionError, match="--front both is of gridnet: leave it out"):
        TrainingOptions(network="alexnet", front="both").require(300)


@pytest.mark.parametrize(
    ("chosen", "pretrained"),
    [
        ({"description": "edges"}, False),
        ({"description": "pretrained"}, True),
        ({"description": "tuned"}, True),
        ({"clustering": "kmeans"}, False),
        ({"clustering": "kmeans", "front": "pretrained"}, True),
    ],
)
def test_it_is_known_whether_a_pretrained_network_sees_coins(chosen, pretrained):
    assert TrainingOptions(**chosen).require(300).pretrained is pretrained


def test_a_network_has_views_of_its_own_where_nobody_says_others():
    assert TrainingOptions().augmentation.crop_scale_min == 0.8
    assert TrainingOptions(network="alexnet").augmentation.crop_scale_min == 0.4
    assert TrainingOptions(augmentation={"crop_scale_min": 0.5}).augmentation == Augmentation(
        crop_scale_min=0.5, rotation_deg=8
    )
    legacy = TrainingOptions(profile="legacy")
    assert (legacy.network, legacy.augmentation.crop_scale_min) == ("alexnet", 0.08)
    assert not TrainingOptions().differences()


def test_how_coins_lie_is_of_no_use_where_photographs_are_seen_as_they_are():
    kmeans = {"clustering": "kmeans", "orientation": "any"}
    assert (
        TrainingOptions(**kmeans).require(300).orientation == "any"
    )  # gridnet sees coins laid over each other
    with pytest.raises(OptionError, match=r"--orientation any is for coins .* alexnet .* leave it out"):
        TrainingOptions(**kmeans, network="alexnet").require(300)


def test_a_description_is_of_no_use_where_nothing_is_matched(pretrained):
    assert TrainingOptions(k=4, clustering="matching").require(60).description == "pretrained"
    assert TrainingOptions(k=4, clustering="kmeans").require(60).description == "auto"
    pretrained.undo()
    assert TrainingOptions(k=4).require(60).description == "edges"
    with pytest.raises(OptionError, match=r"--description edges is for parts .* the clustering is kmeans"):
        TrainingOptions(k=4, clustering="kmeans", description="edges").require(60)
