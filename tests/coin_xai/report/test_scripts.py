import base64

import numpy as np
import pandas as pd
import pytest

from coin_xai.photographs.square import Square
from coin_xai.pictures.heatmaps import colour_table
from coin_xai.report.scripts import STRIP_COINS, concepts_data, heat_data, page_data


def test_columns_are_shown_in_the_groups_that_they_were_given(drawn):
    columns = {one["name"]: one["group"] for one in page_data(drawn.report())["columns"]}
    assert columns == {
        "coin_id": "identity",
        "path": "identity",
        "cluster": "result",
        "distance": "result",
        "margin": "result",
        "metal": "table",
        "photo_sharpness": "quality",
    }


def test_outlines_are_corners_in_steps_of_the_frame(drawn):
    corners = np.array([[0.2, 0.4], [1.0, 0.0], [-0.1, 1.2]])
    found = page_data(drawn.report(outlines=[corners, None, None, None, None]))["outlines"]
    assert list(base64.b64decode(found[0])) == [51, 102, 255, 0, 0, 255]
    assert found[1:] == ["", "", "", ""]


def test_clusters_come_by_size_with_their_mean_maps(drawn):
    found = page_data(drawn.report())["clusters"]
    assert [one["cluster"] for one in found] == [4, 7]
    assert found[0]["mean_maximum"] == 1
    assert list(base64.b64decode(found[0]["mean_map"])) == [255] * 4
    assert found[0]["nearest"] == [(7, 0.5)]


def test_neighbours_are_positions_the_nearest_first(drawn):
    found = page_data(drawn.report())["neighbours"]
    assert found["same"]["position"] == [[1, 2], [], [], [], []]
    assert found["same"]["similarity"][0] == [0.9, 0.8]
    assert found["other"]["position"][0] == [4]


def test_neighbours_whose_cluster_failed_are_left_out(drawn):
    shown = drawn.coins().iloc[[0, 1]].reset_index(drop=True)
    assert page_data(drawn.report(coins=shown))["neighbours"]["same"]["position"] == [[1], []]


def test_the_history_has_a_place_for_every_coin_at_every_epoch(drawn):
    found = page_data(drawn.report())["history"]
    assert found["epochs"] == [0, 1]
    assert found["cluster"][0][:2].tolist() == [3, 2]
    assert np.isnan(found["cluster"][1][1:]).all()
    assert found["kept"][0][0] == 25


def test_the_usual_colours_are_those_of_the_pictures(drawn):
    colours = page_data(drawn.report())["colours"]
    assert base64.b64decode(colours["usual"]) == colour_table().tobytes()
    grey = np.frombuffer(base64.b64decode(colours["blind"]), np.uint8).reshape(256, 3) @ [0.299, 0.587, 0.114]
    assert (np.diff(grey) > -1).all()  # in grey the order of heat stays


def test_every_map_of_a_layer_is_there(drawn):
    maps = np.ones((5, 2, 2))
    found = heat_data(drawn.report(heats={"grad_cam": maps, "hires_cam": 2 * maps}))
    assert list(found) == ["grad_cam", "hires_cam"]
    assert found["hires_cam"]["maximum"].tolist() == [2] * 5


def test_concepts_of_many_coins_show_a_few_on_one_scale(drawn):
    names = [f"c{number}" for number in range(STRIP_COINS + 3)]
    places = np.ones((2, len(names), 2, 2))
    places[1, 0] = 4
    strip = drawn.Strip(names, places, np.array([0.6, 0.4]), 0.9)
    found = concepts_data(drawn.report(concepts={4: strip}))
    assert found["grid"] == [2, 2]
    assert found["clusters"][4]["coins"] == names[:STRIP_COINS]
    steps = np.frombuffer(base64.b64decode(found["clusters"][4]["places"]), np.uint8)
    assert steps.reshape(2, STRIP_COINS, 4)[:, :2, 0].tolist() == [[255, 255], [255, 64]]


def test_notes_of_before_are_pairs_without_what_was_not_said(drawn):
    nothing = {
        "selected": False,
        "poor_photograph": False,
        "wrong_cluster": False,
        "name": None,
        "note": None,
    }
    notes = pd.DataFrame(
        [
            {"about": "cluster", "coin_id": None, "cluster": 4, **nothing, "name": "axes"},
            {"about": "coin", "coin_id": "__proto__", "cluster": 4, **nothing, "selected": True, "note": "!"},
        ]
    )
    found = page_data(drawn.report(notes=notes))["notes"]
    assert found == {
        "coin": [("__proto__", {"note": "!", "selected": True})],
        "cluster": [("4", {"name": "axes"})],
    }


def test_coins_turn_about_the_middle_of_the_square_in_which_they_were_compared(drawn):
    squares = [Square(0.25, 0.125, 0.5, -133.44), *[Square(0, 0, 1)] * 4]
    found = page_data(drawn.report(compared=squares, aspect=np.array([2.0, 1, 1, 1, 1])))["turns"]
    assert found == [[50, 75, -133.4], *[[50, 50, 0]] * 4]


@pytest.mark.parametrize("compared", [None, [Square(0, 0, 1, 0.9)] * 5])
def test_where_no_coin_was_turned_none_can_be(drawn, compared):
    assert page_data(drawn.report(compared=compared))["turns"] is None


def test_squares_are_shares_of_the_frame_in_per_cent_with_their_turn(drawn):
    squares = [Square(0.25, 0.125, 0.5, 3.5), *[Square(0, 0, 1)] * 4]
    found = page_data(drawn.report(squares=squares, aspect=np.array([2.0, 1, 1, 1, 1])))["squares"]
    assert found[0] == [25, 25, 50, 100, 3.5]
    assert found[1] == [0, 0, 100, 100, 0]
