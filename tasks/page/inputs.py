"""Everything that a page is made of, as one fingerprint: the same page is not made again."""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path

from coin_xai.claims.options import PARTS_MODELS
from storage.errors import DamagedError, MissingError
from storage.fingerprint import fingerprint, hash_file
from storage.layout import ExplanationLayout, RunLayout
from storage.manifest import Origin, read_origin, verify
from storage.markers import MARKER
from storage.tables import read_frame
from tasks.explaining.contrast import CONTRASTS_VERSION
from tasks.explaining.measure import MEASURES_VERSION

PAGE_VERSION = "page-4"
"""Changes whenever the same tables and maps would make another page, but for the files of coin_xai.report."""


def page_inputs(layout: RunLayout, explanation: ExplanationLayout, *, epoch: int) -> str:
    """Return a fingerprint of what the page of an explanation shows and of how it is made.

    Maps, pictures and answers count by their markers, which hold the hash of every file; tables of the run
    count by their contents. How long an epoch took does not count: no two runs would have the same manifest.

    Args:
        layout: the run.
        explanation: of the run.
        epoch: epoch of the checkpoint.
    """
    tables = (layout.coins, layout.annotations, layout.outlines, layout.frames, explanation.assignments)
    markers = [
        *explanation.root.glob(f"maps/*/*/{MARKER}"),
        *explanation.root.glob(f"results/*/*/{MARKER}"),
        *explanation.recognition.glob(MARKER),
    ]
    answers = [layout.claims(epoch, model).answers / MARKER for model in PARTS_MODELS]
    return fingerprint(
        [
            PAGE_VERSION,
            MEASURES_VERSION,
            CONTRASTS_VERSION,
            hash_of_templates(),
            [hash_file(table) if table.exists() else None for table in tables],
            _figures(layout, epoch),
            {path.relative_to(explanation.root).as_posix(): _hash(path) for path in sorted(markers)},
            {path.relative_to(layout.root).as_posix(): _hash(path) for path in answers if path.exists()},
        ]
    )


def is_published(layout: RunLayout, explanation: ExplanationLayout, made_from: Origin) -> bool:
    """Tell whether page and manifest of exactly this are there, whole, and what `latest` points to."""
    try:
        same = read_origin(explanation.root) == made_from and not verify(explanation.root, verify="size")
    except (MissingError, DamagedError):
        return False
    return same and layout.latest.resolve() == explanation.root.resolve()


def _figures(layout: RunLayout, epoch: int) -> str:
    """Return the figures of the training up to an epoch, without the seconds that they took."""
    figures = read_frame(layout.metrics)
    timed = [name for name in figures if name.startswith("seconds")]
    shown: str = figures[figures["epoch"] <= epoch].drop(columns=timed).to_csv(index=False)
    return shown


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


@cache
def hash_of_templates() -> str:
    """Return a hash of the programs, styles and words of the page: whoever edits them changes the page."""
    digest = sha256()
    for resource in _files(resources("coin_xai.report")):
        digest.update(f"{resource.name}\0".encode() + resource.read_bytes())
    return digest.hexdigest()


def _files(folder: Traversable) -> Iterator[Traversable]:
    """Yield the files of a folder of the package to any depth, in one order, and nothing compiled."""
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_file():
            yield one
        elif one.name != "__pycache__":
            yield from _files(one)
