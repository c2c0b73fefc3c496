"""Lets a Prefect server refuse what it does not know: `trainin` for `training` is an error, not a silence.

    python deployments/closed.py

Call it after `prefect deploy`, which has no option for this, as often as you like.
"""

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

OURS = DeploymentFilter(tags=DeploymentFilterTags(all_=["coin-xai"]))


def close_deployments(client: SyncPrefectClient) -> list[str]:
    """Refuse other parameters than those of the schema in each of our deployments; return their names."""
    found = client.read_deployments(deployment_filter=OURS)
    for deployment in found:
        schema = {**(deployment.parameter_openapi_schema or {}), "additionalProperties": False}
        client.update_deployment(deployment.id, DeploymentUpdate(parameter_openapi_schema=schema))
    return [deployment.name for deployment in found]


if __name__ == "__main__":
    with get_client(sync_client=True) as client:
        names = close_deployments(client)
    print(f"misspelt parameters are refused by: {', '.join(sorted(names))}")
