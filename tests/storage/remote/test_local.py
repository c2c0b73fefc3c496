from pathlib import PurePosixPath

import pytest

from storage.remote.local import loose_files, may_be_loose

LOOSE = ["training/checkpoints/0002.pt", "run.json", "training/metrics.csv"]
OTHERS = [
    "run.lock",
    "synced.json",
    "pretrained-maps/1a2b/000000.npy",
    "matches/1a2b/0000000/matches.npy",
    "views/found/000000-1a2b3c4d/cells.npy",
    "explanations/1a2b/report.html",
    ".store/lease.json",
]


def test_checkpoints_come_first_and_what_is_of_this_machine_not_at_all(tmp_path):
    for name in (*LOOSE, *OTHERS[:-1], ".tmp-metrics.csv", ".unfinished-maps/0.npz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in loose_files(tmp_path)] == LOOSE


@pytest.mark.parametrize("name", [*LOOSE, *OTHERS])
def test_a_store_may_name_the_same_files(name):
    assert may_be_loose(PurePosixPath(name)) == (name in LOOSE)
