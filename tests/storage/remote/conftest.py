import secrets

import pytest

from storage.layout import RunLayout
from storage.manifest import write_manifest
from storage.markers import committing
from storage.remote.download import bring
from storage.remote.lease import leasing
from storage.remote.store import open_store
from storage.remote.upload import Upload
from storage.runs import point_latest_to


@pytest.fixture
def remote(bucket):
    """An empty run in a store."""
    return open_store(f"s3://{bucket}/museum").run("test")


@pytest.fixture
def memory():
    """The same in a store that is no more than this process's memory."""
    return open_store(f"memory://{secrets.token_hex(8)}").run("test")


@pytest.fixture
def put_beneath(bucket):
    """Put an object into the bucket beneath the server's own address rules, under any key that S3 allows."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    def put(key, content):
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(bucket, key, content)

    return put


@pytest.fixture
def step():
    """Bring what the folder of a run lacks, then send what it has, as a flow does; return how many went."""

    def run(root, remote, copy="this copy"):
        with leasing(remote, copy) as lease:
            return Upload(root, lease, bring(root, remote)).send()

    return run


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def explained(tmp_path):
    """The folder of a small run, with all kinds of files that a real one has."""
    layout = RunLayout(tmp_path / "run")
    for path, content in {
        layout.record: b'{"identity": {}}',
        layout.coins: b"coins",
        layout.lock: b"process 1",
        layout.metrics: b"epoch,loss\n1,2\n",
        layout.assignments(1): b"partition",
        layout.checkpoints / "0001.json": b"record",
        layout.checkpoints / "0001.pt": b"weights" * 1000,
        layout.checkpoints / ".tmp-1234-0002.pt": b"half",
    }.items():
        write(path, content)
    explanation = layout.explanation("abc")
    for chunk in range(2):
        with committing(explanation.maps(0, chunk), f"chunk {chunk}", cluster=0) as folder:
            write(folder / "maps.parquet", b"maps %d" % chunk)
    with committing(explanation.pictures(1, 0), "pictures", cluster=0) as folder:
        for name in ("BN_3023_R-grad_cam.png", "Münze 12-photograph.jpg", "deep/a=2Fb.png"):
            write(folder / name, name.encode())
    for path in (explanation.assignments, explanation.assignments_csv, explanation.report):
        write(path, path.name.encode())
    write_manifest(explanation, {"epoch": 1})
    point_latest_to(layout, explanation.root)
    return layout


@pytest.fixture
def kept():
    """Return what a store is to keep of a run: content by name, and where `latest` leads."""

    def files(root):
        found = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and path.suffix != ".lock" and not path.name.startswith((".tmp-", "synced"))
        }
        return {name: content for name, content in found.items() if not name.startswith("latest/")}, (
            root / "latest"
        ).resolve().name

    return files
