from pathlib import Path

import pytest

from coin_xai.errors import OptionError
from flows.experiment_file import read_experiment, settings_of

PHOTOGRAPHS = """
[photographs]
images = "coins"
coins = "/elsewhere/table.csv"
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def told(tmp_path):
    """Write a file of an experiment and return its trainings and what was read."""

    def read(text, *, name=None):
        file = tmp_path / "coins.toml"
        file.write_text(text)
        experiment = read_experiment(file)
        return settings_of(experiment, file=file, name=name), experiment

    return read


def test_a_grid_is_all_combinations_each_with_all_seeds(told):
    settings, _ = told(
        "seeds = [1, 2]\n"
        + PHOTOGRAPHS
        + '[grid]\nk = [4, 6]\ndescription = ["edges", "timm:a/b"]\nepochs = [9]\n'
    )
    assert [one.run for one in settings][:3] == [
        "coins-k4-description_edges-epochs9-seed1",
        "coins-k4-description_edges-epochs9-seed2",
        "coins-k4-description_timm_a_b-epochs9-seed1",
    ]
    assert len(settings) == 8
    last = settings[-1]
    assert (last.training.k, last.training.description, last.training.seed) == (6, "timm:a/b", 2)
    assert last.duration.epochs == 9
    assert last.own == "k 6, description timm:a/b, epochs 9"


def test_settings_override_what_all_share(told):
    settings, _ = told(
        PHOTOGRAPHS
        + "[training]\nk = 8\nbatch_size = 7\naugmentation = {flip = true}\n[duration]\nepochs = 3\n"
        + '[[settings]]\nname = "few"\nk = 4\n[[settings]]\nname = "long"\nepochs = 5\nlabel = "type"\n',
        name="mine",
    )
    assert [one.run for one in settings] == ["mine-few-seed31", "mine-long-seed31"]
    assert [(one.training.k, one.training.batch_size) for one in settings] == [(4, 7), (8, 7)]
    assert [(one.duration.epochs, one.duration.label) for one in settings] == [(3, None), (5, "type")]
    assert all(one.training.augmentation.flip for one in settings)


def test_without_settings_seeds_alone_differ(told):
    settings, _ = told("seeds = [5, 6]\n" + PHOTOGRAPHS)
    assert [(one.run, one.own) for one in settings] == [("coins-seed5", ""), ("coins-seed6", "")]


def test_relative_paths_start_at_the_file(told, tmp_path):
    settings, experiment = told(
        PHOTOGRAPHS
        + '[training]\ninit_weights = "net.pt"\n[grid]\nfeatures = ["a.csv"]\n'
        + '[claims]\nclaims = "table"\nparts_table = "parts.csv"\n'
    )
    assert experiment.claims.parts_table == tmp_path / "parts.csv"
    assert experiment.photographs.images == tmp_path / "coins"
    assert experiment.photographs.coins == Path("/elsewhere/table.csv")
    assert settings[0].training.init_weights == tmp_path / "net.pt"
    assert settings[0].training.features == tmp_path / "a.csv"
    assert settings[0].run == "coins-features_a.csv-seed31"  # wherever the file lies


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seeds = [1,\n", "cannot be read as TOML"),
        ("seeds = []\n" + PHOTOGRAPHS, "seeds"),
        ("colour = 1\n" + PHOTOGRAPHS, "colour: Extra inputs are not permitted"),
        (PHOTOGRAPHS + "[training]\nseed = 4\n", "seeds = [1, 2, 3]"),
        (PHOTOGRAPHS + "[grid]\nseed = [4]\n", "seeds = [1, 2, 3]"),
        (PHOTOGRAPHS + "[grid]\nkay = [4]\n", "kay is no option of a training"),
        (PHOTOGRAPHS + "[grid]\nk = [1]\n", "k1: k: Input should be greater than or equal to 2"),
        (PHOTOGRAPHS + "[grid]\nk = [4]\n[[settings]]\nk = 5\n", "both [grid] and [[settings]]"),
        (PHOTOGRAPHS + "[grid]\nk = []\n", "[grid] has no value of k"),
        (PHOTOGRAPHS + "[grid]\nk = [4, 4]\n", "more than one training called coins-k4-seed31"),
        (PHOTOGRAPHS + '[[settings]]\nname = "a/b"\n', "it holds a slash"),
    ],
)
def test_what_no_experiment_can_have_is_refused_by_its_name(told, text, words):
    with pytest.raises(OptionError) as caught:
        told(text)
    assert "coins.toml" in str(caught.value)
    assert words in str(caught.value)


def test_the_experiment_of_the_thesis_can_be_read():
    file = ROOT / "docs" / "experiments" / "thesis.toml"
    settings = settings_of(read_experiment(file), file=file, name=None)
    assert [one.run for one in settings] == [f"thesis-R{number}-seed31" for number in range(1, 8)]
    assert all(50 <= one.training.k <= 100 and 300 <= one.duration.epochs <= 400 for one in settings)
    assert {one.training.network for one in settings} == {"alexnet"}
