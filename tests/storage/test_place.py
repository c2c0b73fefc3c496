import pytest

from storage.place import is_url


@pytest.mark.parametrize("place", ["s3://bucket/folder", "gs://bucket", "file:///data/runs", "s3+http://x"])
def test_an_address_begins_with_the_way_to_get_there(place):
    assert is_url(place)


@pytest.mark.parametrize("place", ["runs", "/data/runs", "C:/runs", "runs:2", "S3://bucket", "", None, 3])
def test_folders_are_no_addresses(place):
    assert not is_url(place)
