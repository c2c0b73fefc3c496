import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.deepcluster.options import TrainingOptions
from storage import checkpoints, runs

NAMES = tuple(f"BN_{number:02d}_R" for number in range(40))
TRUTH = np.repeat([0, 1, 2, 3], 10)


@pytest.fixture
def finished(tmp_path):
    """Make a finished run of coins that nobody has trained: only what of it is compared."""

    def make(name, cluster, *, coin_ids=NAMES, folder="runs", epoch=3, table=None, matching=None, **options):
        training = TrainingOptions(**options).model_dump(
            mode="json", exclude={"features", "init_assignments"}
        )
        layout = runs.begin(
            tmp_path / folder,
            name,
            identity={"training": training, "photographs": "0123456789abcdef", "algorithm": "deepcluster-8"},
        )
        partition = pd.DataFrame({"coin_id": coin_ids, "path": coin_ids, "cluster": cluster})
        partition = partition.assign(score=np.linspace(1, 2, len(partition)), stability=np.float32(0.5))
        layout.checkpoints.mkdir(parents=True, exist_ok=True)
        partition.sample(frac=1, random_state=1).to_parquet(layout.final_assignments(epoch))
        content = {} if matching is None else {"training": {"matching": torch.from_numpy(matching)}}
        checkpoints.save(layout, epoch, content, finished=True)
        coins = pd.DataFrame({"coin_id": coin_ids, "path": coin_ids, "error": None})
        coins.assign(**(table or {})).to_parquet(layout.coins)
        return layout.root

    return make


@pytest.fixture
def three(finished):
    """Two seeds of one setting, in one of which two coins moved, and a coarser run with other ids."""
    moved = TRUTH.copy()
    moved[[0, 1]] = 3
    label = {"type": [None, *np.array(["a", "b", "c", "d"])[TRUTH[1:]]]}
    return [
        finished("first", TRUTH, k=4, seed=1, table=label),
        finished("second", moved + 5, k=4, seed=2),
        finished("coarse", TRUTH // 2, k=2, seed=1),
    ]
