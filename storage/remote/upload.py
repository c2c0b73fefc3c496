"""Sends what is finished of a run to its store: contents first, then what lists them.

Contents are sent while others work on the run: what is finished is never written to, only replaced. What is
replaced or removed while it is sent is left for the next round.
"""

import hashlib
import json
import logging
import os
from pathlib import Path

from storage.atomic import write_bytes
from storage.errors import UnreachableError
from storage.inventory import FileFacts
from storage.layout import RunLayout
from storage.markers import MARKER, read_marker
from storage.remote.download import CONTENTS, Held
from storage.remote.lease import Lease
from storage.remote.local import EXPLANATIONS, SYNCED, finished_folders, loose_files
from storage.remote.store import INDEX, at_once, parsed

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1

Stamp = tuple[int, int, int]
"""Inode, size and time: changes whenever a file is replaced."""


class Upload:
    """The sending of one run, round after round."""

    def __init__(self, root: Path, lease: Lease, held: Held) -> None:
        """Continue from what the store holds, as `bring` told."""
        self._root, self._lease, self._remote = root, lease, lease.remote
        self._held = held
        self._known: dict[str, tuple[Stamp, FileFacts]] = {}

    def send(self) -> int:
        """Send what is new, and return how many files that were.

        Raises:
            RunBusyError: the run is not ours any more.
            UnreachableError: a request to the store failed.
        """
        sent = 0
        for folder in finished_folders(self._root / EXPLANATIONS):
            try:
                sent += self._send_folder(folder)
            except FileNotFoundError:
                log.debug("%s was replaced while it was sent; the next round sends it", folder)
        try:
            listed, count = self._send_loose()
            for manifest in sorted(self._root.glob(f"{EXPLANATIONS}/*/manifest.json")):
                sent += self._send_explanation(manifest)
            self._write_index(listed)
            sent += count
        except FileNotFoundError:
            log.debug("files of %s were replaced while they were sent; the next round sends them", self._root)
        return sent

    def _send_folder(self, folder: Path) -> int:
        path, name = folder / MARKER, self._name(folder / MARKER)
        content = self._unsent(path, name)
        if content is None:
            return 0
        marker = read_marker(folder)
        if marker is None:
            return 0
        prefix = self._name(folder)
        there = self._send_files(prefix, folder, marker["files"])
        self._finish(path, name, content)
        self._remote.remove(there - {f"{prefix}/{one}" for one in (*marker["files"], MARKER)})
        return 1 + len(marker["files"])

    def _send_explanation(self, path: Path) -> int:
        """Send a manifest and what lies beside it, once all that it lists is in the store."""
        name = self._name(path)
        content = self._unsent(path, name)
        manifest = parsed(content)
        if content is None or manifest is None:
            return 0
        prefix, listed = self._name(path.parent), manifest["files"]
        for one, recorded in listed.items():
            if one.endswith(f"/{MARKER}") and self._held.markers.get(f"{prefix}/{one}") != recorded["sha256"]:
                return 0
        beside = {one: recorded for one, recorded in listed.items() if "/" not in one}
        self._send_files(prefix, path.parent, beside)
        self._finish(path, name, content)
        return 1 + len(beside)

    def _unsent(self, path: Path, name: str) -> bytes | None:
        """Return a marker that the store does not hold, or None; what has not changed is not read again."""
        stamp, known = _stamp(path.stat()), self._known.get(name)
        if known is None or known[0] != stamp:
            content = path.read_bytes()
            facts: FileFacts = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            self._known[name] = known = stamp, facts
        if self._held.markers.get(name) == known[1]["sha256"]:
            return None
        return path.read_bytes()

    def _send_files(self, prefix: str, folder: Path, listed: dict[str, FileFacts]) -> set[str]:
        """Send some files of a folder; return the names of all that the store then has in it."""
        self._lease.require()
        at_once(lambda name: self._remote.send(f"{prefix}/{name}", folder / name), listed)
        there = self._remote.sizes(prefix)
        self._require_whole(there, {f"{prefix}/{name}": facts["bytes"] for name, facts in listed.items()})
        return set(there)

    def _require_whole(self, there: dict[str, int], sent: dict[str, int]) -> None:
        wrong = next((name for name, size in sent.items() if there.get(name) != size), None)
        if wrong is not None:
            raise UnreachableError(
                f"the store did not keep {self._remote.url}/{wrong} whole ({there.get(wrong, 0)} bytes of "
                f"{sent[wrong]}); look for what is wrong with it, then run the same command again"
            )

    def _finish(self, path: Path, name: str, content: bytes) -> None:
        if path.read_bytes() != content:
            raise FileNotFoundError(path)  # replaced, and so perhaps some of what was sent
        self._lease.require()
        self._remote.write(name, content)
        self._held.markers[name] = hashlib.sha256(content).hexdigest()

    def _send_loose(self) -> tuple[dict[str, FileFacts], int]:
        """Send the contents of the loose files; return what the index is to list, and how many went."""
        listed: dict[str, FileFacts] = {}
        sent: dict[str, int] = {}
        for path in loose_files(self._root):
            name = self._name(path)
            known = self._known.get(name)
            if known is None or known[0] != _stamp(path.stat()):
                # An open file stays what it is, whoever puts another one into its place.
                with path.open("rb") as file:
                    stamp = _stamp(os.fstat(file.fileno()))
                    facts: FileFacts = {
                        "bytes": stamp[1],
                        "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
                    }
                    key = f"{CONTENTS}/{facts['sha256']}"
                    if self._held.sizes.get(key) != facts["bytes"]:
                        self._lease.require()
                        file.seek(0)
                        self._remote.send_open(key, file)
                        sent[key] = self._held.sizes[key] = stamp[1]
                self._known[name] = known = stamp, facts
            listed[name] = known[1]
        if sent:
            self._require_whole(self._remote.sizes(CONTENTS), sent)
        return listed, len(sent)

    def _write_index(self, listed: dict[str, FileFacts]) -> None:
        if RunLayout(self._root).record.name not in listed:
            return  # nothing has begun here, and others may have
        latest = RunLayout(self._root).latest
        index = {
            "schema_version": SCHEMA_VERSION,
            "files": listed,
            "latest": latest.readlink().as_posix() if latest.is_symlink() else None,
        }
        content = (json.dumps(index, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
        if content != self._held.index:
            self._lease.require()
            self._remote.write(INDEX, content)
            self._held.index = content
        write_bytes(self._root / SYNCED, content)
        named = {f"{CONTENTS}/{facts['sha256']}" for facts in listed.values()}
        unnamed = [key for key in self._held.sizes if key.startswith(f"{CONTENTS}/") and key not in named]
        self._remote.remove(unnamed)
        for key in unnamed:
            del self._held.sizes[key]

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns
