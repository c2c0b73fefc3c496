import json

import pytest

from coin_xai.errors import OptionError
from coin_xai.report.iiif import Coin, Layer, checked_base, manifest, spoken

BASE = "https://example.org/coins/"


def layers(name):
    return [
        Layer(f"page/pictures/4/{name}.jpg", spoken("photograph"), 224, 230),
        Layer(f"iiif/4/{name}-grad_cam.jpg", {"none": ["Grad-CAM"]}, 224, 230),
    ]


@pytest.fixture
def found():
    coins = [
        Coin("BN_1_R", layers("BN_1_R"), [({"none": ["metal"]}, "silver")], "https://example.org/ark"),
        Coin("a#b <i>", layers("a=23b =3Ci=3E")),
    ]
    return manifest(4, coins, base=BASE, run="Berlin")


def test_it_is_valid_by_an_independent_model_and_comes_back_as_it_was(found):
    prezi = pytest.importorskip("iiif_prezi3")
    read = prezi.Manifest(**found)
    again = json.loads(read.json())
    assert [canvas["id"] for canvas in again["items"]] == [canvas["id"] for canvas in found["items"]]
    assert type(read.items[0].items[0].items[0].body).__name__ == "Choice"


def test_a_manifest_that_lacks_something_is_not_valid(found):
    prezi = pytest.importorskip("iiif_prezi3")
    del found["label"]
    with pytest.raises(ValueError, match="label"):
        prezi.Manifest(**found)


def test_every_coin_is_a_canvas_with_its_pictures_as_a_choice_the_photograph_first(found):
    assert [canvas["label"]["none"] for canvas in found["items"]] == [["BN_1_R"], ["a#b <i>"]]
    canvas = found["items"][0]
    assert (canvas["width"], canvas["height"]) == (224, 230)
    annotation = canvas["items"][0]["items"][0]
    assert annotation["target"] == canvas["id"]
    assert annotation["body"]["type"] == "Choice"
    assert [body["label"] for body in annotation["body"]["items"]] == [
        {"en": ["Photograph"], "de": ["Photographie"]},
        {"none": ["Grad-CAM"]},
    ]
    assert canvas["metadata"] == [{"label": {"none": ["metal"]}, "value": {"none": ["silver"]}}]
    assert canvas["homepage"][0]["id"] == "https://example.org/ark"
    assert "homepage" not in found["items"][1]


def test_addresses_are_on_the_web_and_each_its_own(found):
    ids = []

    def walk(value):
        if isinstance(value, dict):
            if "id" in value and value.get("type") != "Image":
                ids.append(value["id"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(found)
    assert len(ids) == len(set(ids)) == 8
    assert all(one.startswith("https://example.org/") for one in ids)
    image = found["items"][1]["items"][0]["items"][0]["body"]["items"][0]
    assert image["id"] == f"{BASE}page/pictures/4/a%3D23b%20%3D3Ci%3D3E.jpg"


@pytest.mark.parametrize("given", ["https://example.org/coins", "https://example.org/coins/"])
def test_a_base_address_ends_in_a_slash(given):
    assert checked_base(given) == BASE


@pytest.mark.parametrize(
    "given", ["", "example.org", "ftp://example.org/", "https://", "https://a/?b", "file:///a"]
)
def test_a_base_that_is_no_address_on_the_web_is_refused(given):
    with pytest.raises(OptionError, match="https://"):
        checked_base(given)
