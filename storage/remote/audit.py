"""Whether a run in a store is still what was sent; nothing of it is kept on this machine."""

from storage.errors import MissingError
from storage.inventory import Verify
from storage.markers import MARKER
from storage.remote.download import CONTENTS, Held, listed_loose
from storage.remote.local import EXPLANATIONS
from storage.remote.store import INDEX, OWN, RemoteRun, at_once, is_inside, parsed


def audit(remote: RemoteRun, *, verify: Verify = "hash") -> list[str]:
    """Return a sentence for every object that is missing or other than index, marker or manifest say.

    Args:
        remote: the run, in the store.
        verify: compare sizes alone, or contents as well, which reads all of them.

    Raises:
        MissingError: the store holds no such run.
    """
    index = remote.read(INDEX)
    if index is None:
        raise MissingError(
            f"the store holds no run {remote.url}; list those it holds with: coin-xai runs --runs"
        )
    sizes = remote.sizes()
    recorded = {
        f"{CONTENTS}/{facts['sha256']}": facts for facts in listed_loose(Held(sizes, index=index)).values()
    }
    found = []
    for name in sorted(sizes):
        folder, _, last = name.rpartition("/")
        if folder.split("/")[0] == OWN:
            continue
        if last != MARKER and not (last == "manifest.json" and folder.startswith(f"{EXPLANATIONS}/")):
            continue
        described = parsed(remote.read(name))
        files = described.get("files") if described is not None else None
        if not isinstance(files, dict):
            found.append(f"{name} lists no files")
            continue
        recorded.update({f"{folder}/{one}": facts for one, facts in files.items()})

    def damage(name: str) -> str | None:
        if not is_inside(name):
            return f"{name!r} lies outside of the run and was not opened"
        wrong = remote.damage(name, recorded[name], sizes, verify=verify)
        return None if wrong is None else f"{name} {wrong}"

    return found + [wrong for wrong in at_once(damage, sorted(recorded)) if wrong is not None]
