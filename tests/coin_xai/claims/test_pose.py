import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from coin_xai.claims.pose import lying, pose_of
from coin_xai.matching.cut_out import cut_out, frame_of
from coin_xai.mint import Issue, draw_coin

SIZE = 128


@pytest.fixture(scope="module")
def found():
    """The pose of thirty drawn coins beside the truth, in the square that coins are cut out by."""
    issue = Issue(coins=30, types=6, seed=31, rotation_spread_deg=8)
    return np.array([off_and_turned(draw_coin(issue, number)) for number in range(1, 31)])


def off_and_turned(coin):
    """Return by how much centre and middle of the flan are off, in radii; by what angle; whether legible."""
    photograph, truth = coin.photograph, coin.truth
    frame = frame_of(photograph, centre_crop=1.0)
    grey, flan = cut_out(photograph, frame)
    pose = pose_of(255 * grey, flan)
    height, width = photograph.shape[:2]
    across = (truth.centre_x * width - frame.left) / frame.side
    down = (truth.centre_y * height - frame.top) / frame.side
    return (
        np.hypot(pose.across - across, pose.down - down) / pose.radius,
        np.hypot(0.5 - across, 0.5 - down) / pose.radius,
        abs((pose.angle_deg - truth.rotation_deg + 45) % 90 - 45),
        pose.legible,
    )


def test_the_centre_of_a_cross_is_found_within_a_cell_and_better_than_by_the_flan(found):
    of_cross, of_flan, *_ = found.T
    assert np.median(of_cross) < 0.125  # a cell of the grid network's maps, in radii of the flan
    assert np.median(of_cross) < 0.7 * np.median(of_flan)


def test_the_angle_of_a_cross_is_found_within_a_few_degrees(found):
    assert np.median(found[:, 2]) < 1.5
    assert np.quantile(found[:, 2], 0.9) < 3
    assert found[:, 3].mean() > 0.9


def test_a_turned_picture_has_a_turned_pose():
    coin = draw_coin(Issue(coins=1, types=1, seed=4, wear_highest=0.1), 1)
    grey, flan = cut_out(coin.photograph, frame_of(coin.photograph, centre_crop=1.0))
    upright = pose_of(255 * grey, flan)
    turned = [np.asarray(Image.fromarray(one).rotate(20, Image.Resampling.BICUBIC)) for one in (grey, flan)]
    assert pose_of(255 * turned[0], turned[1]).angle_deg == pytest.approx(upright.angle_deg + 20, abs=4)


def test_texture_without_a_design_is_seldom_legible():
    generator = np.random.default_rng(0)
    down, across = (np.indices((SIZE, SIZE)) + 0.5) / SIZE - 0.5
    flan = (np.hypot(down, across) < 0.45).astype(np.float32)
    legible = 0
    for _ in range(40):
        grey = 128 + 40 * ndimage.gaussian_filter(generator.standard_normal((SIZE, SIZE)), 2) * flan
        legible += pose_of(grey, flan).legible
    # One in twenty by construction, so two of forty; more than seven come once in a thousand times.
    assert legible <= 7


def test_where_there_is_no_flan_there_is_no_pose():
    nothing = np.zeros((SIZE, SIZE), dtype=np.float32)
    assert pose_of(nothing, nothing) is None
    assert lying(nothing) is None


def test_a_flan_lies_where_its_middle_is():
    flan = np.zeros((SIZE, SIZE), dtype=np.float32)
    flan[20:60, 40:100] = 1
    pose = lying(flan)
    assert (pose.across, pose.down) == (pytest.approx(70 / SIZE), pytest.approx(40 / SIZE))
    assert pose.radius == pytest.approx(np.sqrt(40 * 60 / np.pi) / SIZE)
