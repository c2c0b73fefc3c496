"""Relative paths in runs that a deployment has started, on a real server."""

from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from coin_xai.errors import OptionError
from flows.claims import ask_claims
from flows.explain_clusters import explain_clusters
from flows.forms.absolute import require_absolute
from flows.parameters import Photographs, Place
from flows.train_clusters import train_clusters


def start(work, **parameters):
    """Run a flow in this process, as a worker would that was told not to look at the form."""
    deployment = work.to_deployment("absolute", enforce_parameter_schema=False).apply()
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployment, parameters=parameters)
    return run_flow(work, flow_run=run)


@pytest.mark.slow
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("work", "parameters", "named"),
    [
        (
            train_clusters,
            {
                "photographs": {"images": "demo/coins", "coins": "/data/table.csv"},
                "training": {"init_weights": "w.pt"},
                "place": {"runs": "runs"},
            },
            "photographs.images: demo/coins, training.init_weights: w.pt, place.runs: runs",
        ),
        (explain_clusters, {"run_folder": "runs/celtic"}, "run_folder: runs/celtic"),
        (ask_claims, {"run_folders": ["/data/a", "runs/b"]}, "run_folders[1]: runs/b"),
        (
            ask_claims,
            {"run_folders": ["/data/a"], "parts": "table", "parts_table": "parts.csv"},
            "parts_table: parts.csv",
        ),
        (
            explain_clusters,
            {"run_folder": "/data/a", "claims": {"claims": "table", "parts_table": "parts.csv"}},
            "claims.parts_table: parts.csv",
        ),
    ],
)
def test_a_deployed_run_asks_for_absolute_paths(work, parameters, named):
    with pytest.raises(OptionError) as caught:
        start(work, **parameters)
    assert "give an absolute path, as the worker's machine sees it" in str(caught.value)
    assert f"({named})" in str(caught.value)


@flow
def checked(photographs: Photographs, place: Place, run_folder: Path) -> str:
    require_absolute(photographs=photographs, place=place, run_folder=run_folder)
    return "taken"


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_a_deployed_run_takes_absolute_paths_and_addresses(tmp_path):
    store = f"file://{tmp_path}/store"
    given = {"photographs": {"images": "/data/coins"}, "place": {"runs": store}}
    assert start(checked, run_folder=f"{store}/celtic", **given) == "taken"


def test_on_the_command_line_paths_are_relative_to_where_one_is():
    require_absolute(photographs=Photographs(images="demo/coins"), place=Place(runs="runs"))
