import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.errors import PhotographError
from tasks.load import picture_name
from tasks.photographs.originals import Originals


@pytest.mark.slow
def test_maps_lie_over_the_photographs_at_their_full_size(study, coins, tmp_path):
    study(tmp_path, "--epochs", "1", "--clustering", "kmeans", "--full-size")
    latest = tmp_path / "test" / "latest"
    for row in pd.read_parquet(latest / "assignments.parquet").itertuples():
        folder = latest / "results" / "1" / str(row.cluster)
        original = np.asarray(Image.open(coins / row.path))
        for kind in ("photograph", "grad_cam"):
            assert np.asarray(Image.open(folder / picture_name(row.coin_id, kind))).shape == original.shape
        shown = np.asarray(Image.open(folder / picture_name(row.coin_id, "photograph")))
        assert np.abs(shown.astype(int) - original).mean() < 3  # what a second JPEG takes away


@pytest.mark.slow
def test_a_photograph_that_is_gone_or_another_is_named(explained_run):
    layout = explained_run.layout
    table = pd.read_parquet(layout.latest / "assignments.parquet")
    table.loc[0, "sha256"] = "0" * 64
    with pytest.raises(
        PhotographError, match=f"is not the photograph of {table.coin_id[0]} that the network saw"
    ):
        Originals(layout, table)[0]
    with pytest.raises(PhotographError, match=f"photograph of {table.coin_id[0]} is not at"):
        Originals(layout, table.assign(path="gone.jpg"))[0]
    with pytest.raises(PhotographError, match="leads out of"):
        Originals(layout, table.assign(path="../secret.jpg"))[0]
