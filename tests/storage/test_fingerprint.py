import hashlib

import pytest

from storage.fingerprint import digest, fingerprint, hash_file


def test_the_order_of_keys_does_not_matter():
    assert fingerprint({"k": 26, "seed": 1}) == fingerprint({"seed": 1, "k": 26})


@pytest.mark.parametrize("other", [{"k": 27}, {"k": "26"}, {"k": 26.5}, {"k": [26]}, {"k": 26, "seed": 1}])
def test_any_difference_does(other):
    assert fingerprint({"k": 26}) != fingerprint(other)


def test_is_a_hash_of_canonical_json():
    content, expected = (
        {"b": [1, None], "a": "é"},
        hashlib.sha256(b'{"a":"\\u00e9","b":[1,null]}').hexdigest(),
    )
    assert digest(content) == expected
    assert fingerprint(content) == expected[:12]


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        fingerprint({"rate": float("nan")})


def test_hash_of_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"coin" * 1000)
    assert hash_file(path) == hashlib.sha256(b"coin" * 1000).hexdigest()
