"""Bundle: one file to mail, to archive and to cite, from an explanation that is finished."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.report.citation import citation
from coin_xai.report.iiif import checked_base
from coin_xai.report.instructions import checksums, instructions
from coin_xai.report.page import render
from coin_xai.report.readme import CONTENTS, readme
from coin_xai.report.ro_crate import NAME as CRATE
from coin_xai.report.ro_crate import Content, Made, ro_crate
from storage import runs
from storage.archive import write_archive
from storage.errors import DamagedError
from storage.fingerprint import hash_file
from storage.inventory import FileFacts
from storage.layout import ExplanationLayout, RunLayout
from storage.lock import holding
from storage.manifest import Origin, read_manifest
from storage.markers import MARKER
from storage.tables import read_frame
from tasks.checkpoint import Checkpoint
from tasks.collection import open_pixels, training_of
from tasks.explaining.explained_coins import Explained, explained
from tasks.page.commands import commands
from tasks.page.iiif import cluster_manifests
from tasks.page.report import report_of
from tasks.photographs.frames import squares_of
from tasks.running.kept_times import begun_on

PAGE = ("page/app/", "page/pictures/", "page/tables/", "page/claims/")
NOT_LINKED = "page/tables/concepts.parquet"
SHOWS_NO_COIN = (".csv", ".parquet", ".txt")
PHOTOGRAPHS = "photographs.sha256"
README = "README.md"


def bundle(
    run: Path, *, photographs: bool = True, base_url: str | None = None, authors: Sequence[str] = ()
) -> Path:
    """Write the page of a run, a citation and how to reproduce it as one ZIP file.

    Args:
        run: folder of the run.
        photographs: whether coins are shown, as thumbnails; else the page has heat on plain paper, and
            neither photographs nor gradients, in whose edges a coin would be seen.
        base_url: address on the web where the contents will lie; with it, each cluster gets a manifest of
            IIIF Presentation 3 and its heat maps as pictures.
        authors: of the run, for the citation, as "Family, Given".

    Returns:
        The file. The same explanation and options give the same bytes.

    Raises:
        MissingError: the run was not explained.
        DamagedError: a file of the page is not as the manifest says.
        OptionError: the base address is none.
    """
    layout = runs.find(run)
    base = None if base_url is None else checked_base(base_url)
    target = layout.bundle(photographs=photographs)
    with holding(layout.lock):
        explanation = ExplanationLayout(layout.latest.resolve())
        manifest = read_manifest(explanation.root)
        contents: dict[str, Path | bytes] = dict(_kept(explanation.root, manifest["files"]))
        if not photographs:
            contents = {name: kept for name, kept in contents.items() if name.endswith(SHOWS_NO_COIN)}
            contents |= _page_without_photographs(layout, explanation, manifest["made_from"], contents)
        contents |= _texts(layout, explanation, manifest["made_from"], authors)
        contents |= _described(layout, explanation, manifest["made_from"], authors, contents)
        if base is not None:
            found = _explained(explanation, manifest["made_from"]["epoch"])
            pixels = open_pixels(layout, found.coins)
            contents |= cluster_manifests(
                explanation,
                found,
                squares_of(layout, found.coins, pixels, training_of(layout)),
                run=layout.root.name,
                base=base,
                photographs=photographs,
            )
        write_archive(target, layout.root.name, contents.items())
    return target


def _kept(root: Path, listed: Mapping[str, FileFacts]) -> Iterator[tuple[str, Path]]:
    """Yield the files that the page consists of, each as it was when the manifest was written."""
    for name, facts in listed.items():
        marker = name.endswith(f"/{MARKER}")
        if name != "report.html" and (marker or not name.startswith(PAGE) or name == NOT_LINKED):
            continue
        path = root / name
        if not path.is_file() or hash_file(path) != facts["sha256"]:
            raise DamagedError(f"{path} is not as its manifest says; mend it with coin-xai explain")
        yield name, path


def _texts(
    layout: RunLayout, explanation: ExplanationLayout, made_from: Origin, authors: Sequence[str]
) -> dict[str, Path | bytes]:
    """Return what says where the page comes from."""
    coins = read_frame(explanation.assignments, ["cluster"])
    pictures = read_frame(layout.coins, ["path", "sha256"]).dropna()
    identity, run = made_from["run"]["identity"], layout.root.name
    n_coins, n_clusters = len(coins), int(coins["cluster"].nunique())
    fingerprint, software = explanation.root.name, version("coin-xai")
    words, places = commands(identity, _options(made_from), name=run, epoch=made_from["epoch"])
    texts = {
        "CITATION.cff": citation(
            run,
            explanation=fingerprint,
            coins=n_coins,
            clusters=n_clusters,
            authors=authors,
            version=software,
        ),
        "REPRODUCE.md": instructions(
            run=run,
            commands=words,
            versions=made_from["versions"],
            files=places,
            epoch=made_from["epoch"],
            checkpoint=made_from["checkpoint_sha256"],
            photographs=identity["photographs"],
            coins=n_coins,
            clusters=n_clusters,
            explanation=fingerprint,
            version=software,
        ),
        PHOTOGRAPHS: checksums(dict(zip(pictures["path"], pictures["sha256"], strict=True))),
    }
    return {
        **{name: text.encode(errors="backslashreplace") for name, text in texts.items()},
        explanation.manifest.name: explanation.manifest,
        layout.record.name: layout.record,
    }


def _described(
    layout: RunLayout,
    explanation: ExplanationLayout,
    made_from: Origin,
    authors: Sequence[str],
    contents: Mapping[str, Path | bytes],
) -> dict[str, bytes]:
    """Return what says to people and to machines what lies in the bundle and how it was made."""
    coins = read_frame(explanation.assignments, ["cluster"])
    made = Made(
        run=layout.root.name,
        on=begun_on(layout),
        coins=len(coins),
        clusters=int(coins["cluster"].nunique()),
        version=version("coin-xai"),
        libraries=made_from["versions"],
        options=made_from["run"]["identity"]["training"],
        authors=authors,
    )
    told = readme(
        made.run, {*contents, README}, coins=made.coins, clusters=made.clusters, version=made.version
    ).encode(errors="backslashreplace")
    whole = {**contents, README: told}
    files = [Content(name, says, _size(whole[name])) for name, says in CONTENTS.items() if name in whole]
    crate = ro_crate(made, files, photographs=PHOTOGRAPHS).encode(errors="backslashreplace")
    return {README: told, CRATE: crate}


def _size(content: Path | bytes) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)


def _options(made_from: Origin) -> ExplanationOptions:
    return ExplanationOptions.model_validate(made_from["attribution"]["options"])


def _explained(explanation: ExplanationLayout, epoch: int) -> Explained:
    found = explained(explanation, epoch)
    if found is None:
        raise DamagedError(f"{explanation.root} holds no maps that are whole; mend it with coin-xai explain")
    return found


def _page_without_photographs(
    layout: RunLayout,
    explanation: ExplanationLayout,
    made_from: Origin,
    tables: Mapping[str, Path | bytes],
) -> dict[str, Path | bytes]:
    epoch = made_from["epoch"]
    report = report_of(
        layout,
        explanation,
        _explained(explanation, epoch),
        epoch=epoch,
        checkpoint=Checkpoint.load(layout, epoch),
        options=_options(made_from),
        failures=[(which, reason) for which, reason in made_from["failures"]],
    )
    weight = sum(path.stat().st_size for path in tables.values() if isinstance(path, Path))
    page, parts = render(report.without_photographs(pictures_bytes=weight))
    return {"report.html": page.encode(), **{f"page/app/{name}": part for name, part in parts.items()}}
