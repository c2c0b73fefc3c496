import io

import numpy as np
import pandas as pd
from PIL import Image

from coin_xai.report.sanity_curves import sanity_curves


def table(methods, *, value):
    rows = [
        {"test": test, "depth": depth, "layer": layer, "method": method, "rank_correlation": value}
        for test, depth, layer in (
            ("randomised", 1, "head"),
            ("randomised", 2, "fc7"),
            ("other cluster", 0, ""),
        )
        for method in methods
    ]
    return pd.DataFrame(rows)


def pixels(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def test_other_figures_make_another_picture_and_the_same_ones_the_same():
    high, low = (sanity_curves(table(["grad_cam", "fem"], value=value)) for value in (0.9, 0.1))
    assert not np.array_equal(pixels(high), pixels(low))
    assert sanity_curves(table(["grad_cam", "fem"], value=0.9)) == high


def test_a_method_without_figures_can_be_drawn_beside_others():
    sanity_curves(pd.concat([table(["grad_cam"], value=0.5), table(["fem"], value=float("nan"))]))
