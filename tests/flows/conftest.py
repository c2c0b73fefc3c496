import pytest


@pytest.fixture(autouse=True)
def _alone(no_server_of_the_user):
    """Every test here is about flows, which would run on a configured server."""
