import numpy as np
import pytest

from coin_xai.evidence.concepts import factorise


def planted(*, count=6, seed=0):
    """Return maps made of three concepts in places of their own, and those places by falling mass."""
    generator = np.random.default_rng(seed)
    places = np.zeros((count, 3, 5, 5))
    places[:, 0, :2] = generator.uniform(2, 4, (count, 2, 5))
    places[:, 1, 2:4, :3] = generator.uniform(2, 4, (count, 2, 3))
    places[:, 2, 4, 4] = generator.uniform(2, 4, count)
    channels = np.zeros((3, 9))
    for concept in range(3):
        channels[concept, 3 * concept : 3 * concept + 3] = [1, 2, 2]
    return np.einsum("ncyx,cd->ndyx", places, channels), places * 3  # 3 is the length of (1, 2, 2)


def test_planted_concepts_are_found_where_they_are_on_every_coin():
    maps, places = planted()
    found = factorise(maps, concepts=3)
    assert found.explained == pytest.approx(1, abs=1e-4)
    assert found.places == pytest.approx(places, abs=0.15)
    mass = places.sum(axis=(2, 3))
    assert found.share == pytest.approx(mass / mass.sum(axis=1, keepdims=True), abs=0.01)


def test_fewer_concepts_explain_less():
    maps, _ = planted()
    shares = [factorise(maps, concepts=count).explained for count in (1, 2, 3)]
    assert shares == sorted(shares)
    assert shares[0] < 0.9


def test_the_same_maps_give_the_same_concepts():
    maps, _ = planted()
    assert np.array_equal(factorise(maps, concepts=2).places, factorise(maps, concepts=2).places)


def test_negative_parts_count_as_nothing():
    maps, _ = planted()
    below = np.where(maps == 0, -5, maps)
    assert np.array_equal(factorise(below, concepts=3).places, factorise(maps, concepts=3).places)


def test_a_silent_layer_has_no_concepts():
    found = factorise(np.zeros((2, 4, 3, 3)), concepts=2)
    assert (found.places == 0).all()
    assert (found.share == 0).all()
    assert found.explained == 0


def test_there_are_never_more_concepts_than_channels():
    assert factorise(np.ones((2, 3, 4, 4)), concepts=8).places.shape == (2, 3, 4, 4)
