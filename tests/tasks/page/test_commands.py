import click
import pytest
from click.testing import CliRunner

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from flows.command_line.options import options_of, take
from tasks.page.commands import commands

CHANGED = [
    {},
    {"k": 26, "seed": 5, "network": "vgg16", "width": 0.25},
    {"profile": "legacy", "k": 9, "sobel": False},
    {"profile": "legacy", "batch_size": 64, "augmentation": {"flip": False}},
    {"augmentation": {"flip": True, "rotation_deg": 90.0}, "pca_dimensions": 12},
]


@pytest.mark.parametrize("training", CHANGED)
@pytest.mark.parametrize(
    "how", [{}, {"also": ("finer_cam", "gradient"), "pictures": "jpg", "full_size": True}]
)
def test_the_command_line_reads_the_command_as_the_options_that_it_was_made_of(training, how):
    options, explanation = TrainingOptions.model_validate(training), ExplanationOptions(**how)
    identity = {"training": options.model_dump(mode="json"), "initial_weights": None}
    ((program, command, *words),), files = commands(identity, explanation, name="x", epoch=3)
    assert (program, command, files) == ("coin-xai", "study", {})
    found = []

    @click.command()
    @click.argument("images")
    @click.option("--epochs", type=int)
    @click.option("--name")
    @options_of(TrainingOptions)
    @options_of(ExplanationOptions)
    def parse(**given):
        found.append((given["epochs"], given["name"]))
        found.extend((take(TrainingOptions, given), take(ExplanationOptions, given)))

    result = CliRunner().invoke(parse, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert found == [(3, "x"), options, explanation]


def test_initial_weights_and_other_programs_files_are_to_be_put_in():
    identity = {"training": TrainingOptions().model_dump(mode="json"), "initial_weights": "ab12"}
    (words,), files = commands(identity, ExplanationOptions(), name="x", epoch=1)
    assert words[words.index("--init-weights") + 1] == "WEIGHTS"
    assert "ab12" in files["WEIGHTS"]
    (words,), files = commands({**identity, "adopted": {}}, ExplanationOptions(), name="x", epoch=1)
    assert words[:2] == ["coin-xai", "explain"]
    assert set(files) == {"CHECKPOINT", "LOG"}


@pytest.mark.parametrize(
    ("kind", "flag", "word"),
    [("features", "--features", "VECTORS"), ("init_assignments", "--init-assignments", "CLUSTERS")],
)
def test_vectors_and_clusters_are_to_be_put_in(kind, flag, word):
    identity = {"training": TrainingOptions().model_dump(mode="json"), kind: "cd34"}
    (words,), files = commands(identity, ExplanationOptions(), name="x", epoch=1)
    assert words[words.index(flag) + 1] == word
    assert "cd34" in files[word]
    assert set(files) == {word}
