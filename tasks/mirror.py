"""A run and its store in step: brought when a flow begins, sent while it works.

Flows compute in a working copy on this machine, with the kernel's locks and renames. Nothing of this is
needed where runs are kept in a folder.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path

from storage.errors import RunBusyError, StorageError, UnreachableError
from storage.layout import RunLayout
from storage.lock import holding
from storage.markers import sweep
from storage.place import is_url
from storage.remote.copies import copy_at, working_copy
from storage.remote.download import bring, bring_record
from storage.remote.lease import leasing
from storage.remote.local import LOCK
from storage.remote.pixels import bring_pixels, send_pixels
from storage.remote.store import RemoteRun, Store, open_store
from storage.remote.upload import Upload
from storage.runs import pixels_of, read_record
from tasks.collection import usable_coins

log = logging.getLogger(__name__)

SECONDS_BETWEEN_ROUNDS = 5.0

FOLDED = re.compile(r"([a-z][a-z0-9+.-]+):/(.+)/[^/]+$")


def local_runs(place: str) -> Path:
    """Return the folder on this machine for the runs of a place, a folder or the address of a store."""
    return working_copy(place).folder if is_url(place) else Path(place)


def local_run(place: Path) -> Path:
    """Return the folder on this machine of one run, given by its folder or its address in a store.

    Raises:
        RunMismatchError: the working copy holds a run of that name that is of something else.
    """
    remote = remote_run(place)
    if remote is None:
        return place
    folder = local_runs(remote.url.rpartition("/")[0])
    know(folder, place.name)
    return folder / place.name


def remote_run(place: Path) -> RemoteRun | None:
    """Return the run in a store that a path is the address of, or None if it is the path of a folder."""
    # A path folds the slashes of an address: s3:/bucket/folder/run.
    match = FOLDED.match(str(place))
    if match is None:
        return None
    slashes = ":///" if match[1] in ("file", "local") else "://"
    runs = f"{match[1]}{slashes}{match[2]}"
    return open_store(runs).run(place.name)


def addresses(place: str) -> list[str]:
    """Return the addresses of the runs in a store."""
    return [remote.url for remote in open_store(place).runs()]


def know(runs: Path, name: str) -> None:
    """Bring what a run is of into a working copy, if the store holds one of that name."""
    copy = copy_at(runs)
    if copy is not None:
        bring_record(runs / name, copy.store.run(name))


def address(layout: RunLayout) -> str:
    """Return where others find a run: its address in the store, or else its folder."""
    copy = copy_at(layout.root.parent)
    return str(layout.root.resolve()) if copy is None else copy.store.run(layout.root.name).url


@contextmanager
def mirrored(layout: RunLayout) -> Iterator[None]:
    """Bring a run that is kept in a store, hold it there, and send what is finished while the block runs.

    What a killed process did not send yet lies in the working copy and is sent by the next one.

    Raises:
        RunBusyError: another process or machine works on the run, or has taken it over meanwhile.
        UnreachableError: not all could be sent.
    """
    copy = copy_at(layout.root.parent)
    if copy is None:
        yield
        return
    remote = copy.store.run(layout.root.name)
    with holding(layout.root / LOCK), leasing(remote, copy.mark) as lease:
        with holding(layout.lock):
            sweep(layout.root)
            held = bring(layout.root, remote)
            photographs = _pixels(layout, copy.store)
            if photographs is not None:
                bring_pixels(*photographs)
        upload = Upload(layout.root, lease, held)
        ended = threading.Event()
        sender = threading.Thread(
            target=copy_context().run, args=(_send_on, upload, ended), name="mirror", daemon=True
        )
        sender.start()
        try:
            yield
        except BaseException:
            _end(sender, ended)
            try:
                upload.send()
            except StorageError as error:
                log.warning("%s", error)  # the failure of the work itself is what counts
            raise
        _end(sender, ended)
        upload.send()
        photographs = _pixels(layout, copy.store)
        if photographs is not None:
            send_pixels(*photographs)


def _pixels(layout: RunLayout, store: Store) -> tuple[Path, RemoteRun, str, list[str]] | None:
    """Return the decoded photographs of a run: the folder here and there, their name, and which they are."""
    identity = read_record(layout)["identity"]
    if "pixels" not in identity or not layout.coins.exists():
        return None
    folder = pixels_of(layout)
    remote = store.pixels(folder.name)
    sha256s = usable_coins(layout)["sha256"].tolist()
    return folder, remote, str(identity["photographs"]), sha256s


def _end(sender: threading.Thread, ended: threading.Event) -> None:
    ended.set()
    sender.join()


def _send_on(upload: Upload, ended: threading.Event) -> None:
    told = False
    while not ended.wait(SECONDS_BETWEEN_ROUNDS):
        try:
            upload.send()
            told = False
        except RunBusyError:
            return  # whoever ends the block says so
        except (UnreachableError, OSError) as error:
            if not told:
                log.warning("%s; it is tried again meanwhile", error)
            told = True
