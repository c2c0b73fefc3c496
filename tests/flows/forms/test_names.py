"""Names of flow runs, as a real server shows them."""

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.context import get_run_context

from coin_xai.deepcluster.options import TrainingOptions
from flows.forms.names import named
from flows.parameters import Photographs, Place


@flow(flow_run_name=named("train"))
def called(photographs: Photographs, training: TrainingOptions, place: Place = Place()) -> str:  # noqa: ARG001
    return str(get_run_context().flow_run.id)


@pytest.mark.slow
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("place", "name"), [(Place(name="celtic"), "train celtic"), (Place(), "train coins, k 3, seed 7")]
)
def test_a_run_is_called_after_its_name_or_else_what_it_is_of(place, name):
    run = called(Photographs(images="/data/coins"), TrainingOptions(k=3, seed=7), place)
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(run).name == name
