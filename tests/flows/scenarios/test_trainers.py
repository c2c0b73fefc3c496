"""The second trainer goes through the same flows as the first."""

import json

import pandas as pd
import pytest

from coin_xai.errors import OptionError
from storage import checkpoints
from storage.errors import RunMismatchError
from storage.layout import ExplanationLayout, RunLayout
from storage.maps import read_maps

# Of a cosine, in single precision. A network so small has nearly the same vector for all coins, so that what
# their cosines differ by is of the order of 1e-4 alone.
ROUNDING = 1e-5

V2 = ("--trainer", "deepcluster-v2", "--start-epochs", "1", "--epochs", "2")


def values(explanation):
    """Return what was explained of every coin, chunk by chunk."""
    found = {}
    for file in sorted(explanation.root.glob("maps/*/*/maps.parquet")):
        names, columns = read_maps(file, {"value"})
        found |= dict(zip(names, columns["value"].tolist(), strict=True))
    return pd.Series(found)


def test_a_study_explains_similarities_to_centroids_that_are_the_head_of_a_run_of_its_own(
    study, coins, command_line, tmp_path
):
    study(tmp_path, *V2, "--network", "alexnet")  # which can be exported at the end
    layout = RunLayout(tmp_path / "test")
    explanation = ExplanationLayout(layout.latest.resolve())
    made_from = json.loads(explanation.manifest.read_text())["made_from"]
    assert made_from["attribution"]["options"]["target"] == "similarity"
    table = pd.read_parquet(explanation.assignments).set_index("coin_id")
    assert len(values(explanation)) == 18
    cosine = values(explanation).loc[table.index]
    # Of points of length 1 the squared distance is two minus twice the cosine.
    assert (2 - 2 * cosine).to_numpy() == pytest.approx(table["distance"].to_numpy(), abs=ROUNDING)
    # The head says the cosine times the length of the embedding, so its clusters are those of k-means.
    lead = table["margin"] * cosine / table["score"]
    assert (lead > -ROUNDING).all()
    assert table.loc[lead > ROUNDING, "head_agrees"].all()
    verified = command_line(["verify", layout.root])
    assert verified.exit_code == 0
    assert "Of the coins that were held out, " in verified.output

    explain = ["explain", layout.root, "--target", "assignment"]
    assert command_line(explain).exit_code == 0
    assignment = ExplanationLayout(layout.latest.resolve())
    assert assignment.root != explanation.root
    # Of two centroids of length 1 the nearer one is nearer by twice what the cosines differ by.
    nearer = values(assignment).loc[table.index]
    assert nearer.to_numpy() == pytest.approx(2 * lead.to_numpy(), abs=ROUNDING)
    assert nearer.max() > 4 * ROUNDING, "all coins lie on a border"

    into = tmp_path / "exported"
    assert command_line(["export", layout.root, into]).exit_code == 0
    assert (into / "checkpoint.pth.tar").exists()

    # The same name is no other trainer's.
    content = checkpoints.load(layout, 2)
    assert content["training"]["trainer"] == "deepcluster-v2"
    assert content["algorithm"].startswith("deepcluster-v2-")
    with pytest.raises(RunMismatchError, match=r"training\.trainer: deepcluster-v2 then, deepcluster now"):
        study(tmp_path, "--epochs", "2")
    where = ["--run", layout.root, "--runs", tmp_path, "--into", tmp_path]
    assert command_line(["choose-k", coins, *where, "--highest", "4"]).exit_code == 0
    assert (tmp_path / "choose-k.png").exists()


def test_several_processes_are_refused_before_anything_is_read_where_the_trainer_cannot(
    coins, command_line, tmp_path
):
    with pytest.raises(OptionError, match="--processes 2 is for the trainer deepcluster"):
        command_line(["train", coins, *V2, "--processes", "2", "--runs", tmp_path / "runs"])
    assert not (tmp_path / "runs").exists()
