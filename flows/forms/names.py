"""Names of flow runs: the name that a run was given, or else what tells it from others."""

from collections.abc import Callable

from prefect import runtime


def named(verb: str) -> Callable[[], str]:
    """Return what names the runs of a flow that trains on photographs.

    Args:
        verb: what the flow does, such as "train".
    """

    def name() -> str:
        given = runtime.flow_run.parameters
        if given["place"].name is not None:
            return f"{verb} {given['place'].name}"
        training = given["training"]
        return f"{verb} {given['photographs'].images.name}, k {training.k}, seed {training.seed}"

    return name
