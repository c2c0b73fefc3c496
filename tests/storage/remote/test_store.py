import fsspec
import pytest

from storage.errors import MissingError, PlaceError, RunMismatchError, UnreachableError
from storage.place import is_url
from storage.remote.audit import audit
from storage.remote.store import is_inside, open_store

HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "a//b",
    "./a",
    "a/",
    "",
    "a\x00b",
    "a\nb",
    "a\\..\\b",
    "x" * 300,
    ".unfinished-3/a",
    "maps/.tmp-12-a",
    "\ud800",
]


@pytest.fixture(params=["s3", "file", "memory"])
def run(request, bucket, tmp_path):
    """An empty run in a store of each kind."""
    addresses = {
        "s3": f"s3://{bucket}/museum",
        "file": f"file://{tmp_path}/museum",
        "memory": f"memory://{bucket}/museum",
    }
    return open_store(addresses[request.param]).run("test")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_lead_elsewhere_are_never_followed(name, run):
    assert not is_inside(name)
    for refused in (run.read, run.hash, lambda one: run.write(one, b""), lambda one: run.remove([one])):
        with pytest.raises(PlaceError, match="names nothing inside of"):
            refused(name)


def test_names_of_ordinary_and_odd_coins_are(run):
    name = "explanations/abc/results/1/0/Münze 12=2F[*?]{}%41+🪙-grad_cam.png"
    run.write(name, b"picture")
    assert run.sizes() == {name: 7}
    assert run.read(name) == b"picture"


def test_an_object_is_written_read_hashed_and_removed(run, tmp_path):
    assert run.sizes() == {}
    assert run.read("a/b") is None
    assert run.hash("a/b") is None
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    run.send("a/b", tmp_path / "file")
    with (tmp_path / "file").open("rb") as file:
        run.send_open("a/c", file)
    assert run.sizes("a") == {"a/b": 3_000_000, "a/c": 3_000_000}
    assert run.hash("a/b") == run.hash("a/c")
    run.fetch("a/c", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"x" * 3_000_000
    run.remove(["a/b", "never/there"])
    assert list(run.sizes()) == ["a/c"]
    with pytest.raises(FileNotFoundError):
        run.fetch("a/b", tmp_path / "back")


def test_an_object_is_created_once(run):
    assert run.create("a", b"first")
    assert not run.create("a", b"second")
    assert run.read("a") == b"first"


def test_objects_that_others_gave_hostile_keys_are_not_listed(bucket, put_beneath):
    run = open_store(f"s3://{bucket}/museum").run("test")
    for name in ("../../../etc/cron.d/x", "a/../../b", "fine", "a\nb", "back\\slash", "double//slash"):
        put_beneath(f"museum/test/{name}", b"x")
    assert list(run.sizes()) == ["fine"]


def test_runs_are_those_that_were_sent(bucket):
    store = open_store(f"s3://{bucket}/museum")
    assert store.runs() == []
    for name in ("b", "a"):
        store.run(name).write(".store/index.json", b"{}")
    store.run("torn").write("explanations/abc/maps/0/0/maps.parquet", b"")
    assert [run.url for run in store.runs()] == [f"s3://{bucket}/museum/a", f"s3://{bucket}/museum/b"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "-rf", "a\x00b", "pixels"])
def test_what_cannot_name_a_run_is_refused(name, bucket):
    with pytest.raises(RunMismatchError, match="cannot name a run"):
        open_store(f"s3://{bucket}").run(name)


@pytest.mark.parametrize(
    "address",
    [
        "s3://",
        "s3:///",
        "s3://bucket/../other",
        "s3://bucket//x",
        "simplecache::s3://bucket",
        "nonsense://bucket",
    ],
)
def test_what_is_no_address_is_refused(address):
    assert is_url(address) or "::" in address
    with pytest.raises(PlaceError, match="no address of a store"):
        open_store(address)


def test_passwords_in_an_address_are_refused_and_not_repeated():
    with pytest.raises(PlaceError, match="by the environment") as refused:
        open_store("s3://key:very-secret@bucket/museum")
    assert "very-secret" not in str(refused.value)
    assert "key:" not in str(refused.value)


def test_a_bucket_that_is_not_there_is_named(bucket):
    run = open_store(f"s3://{bucket}-not-there/museum").run("test")
    assert run.sizes() == {}
    assert run.read("a") is None
    with pytest.raises(
        MissingError, match=f"no place for s3://{bucket}-not-there/museum/test; make the bucket"
    ):
        run.create("a", b"x")
    with pytest.raises(MissingError, match="holds no run s3://"):
        audit(run)


def test_a_refusal_of_the_store_says_what_to_do_and_no_secret(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.filesystem("s3").clear_instance_cache()
    run = open_store(f"s3://{bucket}/museum").run("test")
    run.filesystem.retries = 1
    with pytest.raises(UnreachableError, match="look at address, network and rights") as refused:
        run.read("a")
    assert "a-secret-of-the-tests" not in str(refused.value)
    fsspec.filesystem("s3").clear_instance_cache()
