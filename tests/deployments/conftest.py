import pytest


@pytest.fixture(autouse=True)
def _alone(no_server_of_the_user):
    """Nothing here speaks to a server of the person who runs the tests."""
