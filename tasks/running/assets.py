"""The things that flows make, as Prefect's assets name them.

    coinxai://photographs/<fingerprint>
    coinxai://runs/<run>
    coinxai://checkpoints/<run>/<epoch>
    coinxai://explanations/<run>/<fingerprint>
    coinxai://pages/<run>

Each is made of the one above it.
"""

from hashlib import sha256
from urllib.parse import quote

from prefect.assets import Asset, AssetProperties

SCHEME = "coinxai:/"
CHECKPOINT_FINISHED = "coin-xai.checkpoint.finished"
"""The event that the trigger of explanations waits for. Lineage has events of its own, of studies as well."""
LONGEST_NAME = 300
"""Of a name in a key, in signs; Prefect takes keys of 512."""


def photographs_asset(fingerprint: str, *, folder: str) -> Asset:
    """Return the usable photographs of a folder, by the fingerprint of their coins and contents."""
    return _asset("photographs", fingerprint, name=folder, description="Photographs that runs are of.")


def run_asset(run: str) -> Asset:
    """Return a run, which other photographs or options would not be."""
    return _asset(
        "runs", run, name=run, description="Photographs and options, and all that was made of them."
    )


def checkpoint_asset(run: str, epoch: int) -> Asset:
    """Return a network that has finished a training."""
    description = "A network that has finished a training."
    return _asset("checkpoints", run, str(epoch), name=f"{run}, epoch {epoch}", description=description)


def explanation_asset(run: str, fingerprint: str) -> Asset:
    """Return the maps and pictures of all coins."""
    name, description = f"{run}, {fingerprint}", "Maps and pictures of every coin."
    return _asset("explanations", run, fingerprint, name=name, description=description)


def page_asset(run: str) -> Asset:
    """Return the page of a run."""
    return _asset("pages", run, name=run, description="The page to look at.")


def _asset(kind: str, *names: str, name: str, description: str) -> Asset:
    key = "/".join((SCHEME, kind, *map(_quoted, names)))
    return Asset(key=key, properties=AssetProperties(name=name, description=description))


def _quoted(name: str) -> str:
    """Return a name of the signs that keys take: others become `=` and two hexadecimal digits a byte."""
    quoted = quote(name, safe="", errors="surrogatepass").replace("%", "=")
    if len(quoted) <= LONGEST_NAME:
        return quoted
    digest = sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{quoted[: LONGEST_NAME - 13]}={digest[:12]}"
