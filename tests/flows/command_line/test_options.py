from pathlib import Path
from typing import Annotated, Literal

import click
import pytest
from click.testing import CliRunner
from pydantic import AfterValidator, BaseModel, Field

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.matching.descriptions import known_description
from flows.command_line.options import options_of, take
from flows.parameters import Duration, Photographs, Place


class Inner(BaseModel):
    angle_deg: Annotated[float, Field(gt=0, le=90)] = Field(5.0, description="How far.")


class Outer(BaseModel):
    images: Path
    k: Annotated[int, Field(ge=2, lt=10)] = 3
    dimensions: Annotated[int, Field(ge=2)] | None = None
    front: Literal["sobel", "none"] = "sobel"
    flip: bool = True
    table: Path | None = None
    also: tuple[Literal["a", "b"], ...] = ()
    described_by: Annotated[str, AfterValidator(known_description)] = "edges"
    inner: Inner = Field(default_factory=Inner)


def call(*arguments):
    taken = []

    @click.command()
    @options_of(Outer)
    def command(**options):
        taken.append(take(Outer, options, images=Path("x")))
        assert not options

    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    return taken[0] if taken else result.output


def test_without_options_the_defaults_of_the_model_hold():
    assert call() == Outer(images=Path("x"))


def test_every_field_is_an_option_also_those_of_nested_models():
    given = call(
        *("--k", "4", "--dimensions", "7", "--front", "none", "--no-flip"),
        *("--table", "t.csv", "--angle-deg", "9", "--also", "a", "--also", "b"),
    )
    assert given == Outer(
        images=Path("x"),
        k=4,
        dimensions=7,
        front="none",
        flip=False,
        table=Path("t.csv"),
        also=("a", "b"),
        inner=Inner(angle_deg=9),
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--k", "1"), "'--k': 1 is not in the range 2<=x<10"),
        (("--k", "10"), "'--k': 10 is not in the range 2<=x<10"),
        (("--k", "many"), "'--k': 'many' is not a valid integer range"),
        (("--dimensions", "1"), "'--dimensions': 1 is not in the range x>=2"),
        (("--angle-deg", "0"), "'--angle-deg': 0.0 is not in the range 0<x<=90"),
        (("--front", "canny"), "'canny' is not one of 'sobel', 'none'"),
    ],
)
def test_a_wrong_value_names_option_value_and_range(arguments, words):
    assert words in call(*arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), TrainingOptions()),
        (("--profile", "legacy"), TrainingOptions(profile="legacy")),
        (
            ("--profile", "legacy", "--learning-rate", "0.01"),
            TrainingOptions(profile="legacy", learning_rate=0.01),
        ),
    ],
)
def test_a_profile_fills_in_what_is_not_said(arguments, expected):
    taken = []

    @click.command()
    @options_of(TrainingOptions)
    def command(**options):
        taken.append(take(TrainingOptions, options))

    assert CliRunner().invoke(command, arguments, catch_exceptions=False).exit_code == 0
    assert taken == [expected]


@pytest.mark.parametrize("model", [TrainingOptions, Duration, Place, Photographs])
def test_every_parameter_explains_itself(model):
    """Prefect shows titles and descriptions in its form, the command line in its help."""
    for name, field in model.model_fields.items():
        assert field.title, name


def test_what_a_model_refuses_is_said_of_the_option():
    said = " ".join(call("--described-by", "edgs").split())
    assert "Error: Invalid value for '--described-by': there is no description 'edgs': choose edges," in said
    assert call("--described-by", "timm:resnet18").described_by == "timm:resnet18"
