"""A bundle as an RO-Crate: what lies in it and which program made it of what, for machines and archives.

RO-Crate 1.1 (Soiland-Reyes et al. 2022) with the profile Process Run Crate 0.5 (Leo et al. 2024).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rocrate.model import ContextEntity, DataEntity
from rocrate.rocrate import ROCrate

from coin_xai.report.citation import person

NAME = "ro-crate-metadata.json"
VERSION = "1.1"
"""Of RO-Crate: what the profile is about."""
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
LICENCE = "The photographs belong to whoever holds the coins; ask them before you publish any."

MEDIA_TYPES = {
    ".html": "text/html",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".md": "text/markdown",
    ".cff": "text/yaml",
    ".sha256": "text/plain",
    ".txt": "text/plain",
}
"""Of files that are described one by one; pictures and programs of the page are in the folder PAGE."""
PAGE = "page/"


@dataclass(frozen=True)
class Content:
    """A file of the bundle.

    Attributes:
        name: with `/` between folders.
        says: what it holds, for people.
        bytes: its size.
    """

    name: str
    says: str
    bytes: int


@dataclass(frozen=True)
class Made:
    """How the run in a bundle was made.

    Attributes:
        run: its name.
        on: the day that it was begun on, as 2026-11-30.
        coins: how many there are.
        clusters: of them.
        version: of coin-xai.
        libraries: other packages that numbers depend on, and their versions.
        options: of the training, by name.
        authors: of the run, as "Family, Given".
    """

    run: str
    on: str
    coins: int
    clusters: int
    version: str
    libraries: Mapping[str, str]
    options: Mapping[str, object]
    authors: Sequence[str]


def ro_crate(made: Made, contents: Sequence[Content], *, photographs: str) -> str:
    """Return the metadata of a crate, to be kept as `ro-crate-metadata.json` beside its files.

    Args:
        made: how the run was made.
        contents: the files that are described one by one.
        photographs: name of the one that lists the photographs that the run was made of.
    """
    crate = ROCrate(version=VERSION)
    crate.name = f"{made.run}: {made.coins} coins in {made.clusters} clusters"
    crate.description = (
        f"Photographs of {made.coins} coins, clustered without labels and explained by coin-xai "
        f"{made.version}: open report.html. REPRODUCE.md says how to make it once more."
    )
    crate.root_dataset["datePublished"] = made.on
    crate.root_dataset["license"] = LICENCE
    files = {one.name: crate.add(DataEntity(crate, one.name, _described(one))) for one in contents}
    page = {"@type": "Dataset", "name": "pictures, tables and programs of the page"}
    folder = crate.add(DataEntity(crate, PAGE, page))
    profile = {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    crate.root_dataset["conformsTo"] = crate.add(ContextEntity(crate, PROFILE, profile))
    authors = [
        crate.add(ContextEntity(crate, f"#author-{number}", _author(name)))
        for number, name in enumerate(made.authors, 1)
    ]
    if authors:
        crate.root_dataset["author"] = _one_or_all(authors)
    program = crate.add(
        ContextEntity(
            crate,
            "#coin-xai",
            {
                "@type": "SoftwareApplication",
                "name": "coin-xai",
                "softwareVersion": made.version,
                "softwareRequirements": [f"{name} {number}" for name, number in made.libraries.items()],
            },
        )
    )
    settings = [
        crate.add(ContextEntity(crate, f"#option-{name}", _option(name, value)))
        for name, value in made.options.items()
    ]
    action = {
        "@type": "CreateAction",
        "name": f"Clustering and explaining {made.run}",
        "description": f"coin-xai found {made.clusters} clusters of {made.coins} coins, trained a network on "
        "them, and explained every coin for its cluster.",
        "instrument": program,
        "object": [files[photographs], *settings],
        "result": [folder, *(entity for name, entity in files.items() if name != photographs)],
        "startTime": made.on,
    }
    if authors:
        action["agent"] = _one_or_all(authors)
    crate.root_dataset["mentions"] = crate.add(ContextEntity(crate, "#made", action))
    return json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False) + "\n"


def _one_or_all(entities: list[ContextEntity]) -> ContextEntity | list[ContextEntity]:
    """Return what RO-Crate wants: a list only where there are several."""
    return entities[0] if len(entities) == 1 else entities


def _described(content: Content) -> dict[str, object]:
    suffix = content.name[content.name.rfind(".") :]
    return {
        "@type": "File",
        "name": content.says,
        "contentSize": str(content.bytes),
        "encodingFormat": MEDIA_TYPES[suffix],
    }


def _author(name: str) -> dict[str, object]:
    named = person(name)
    if named is None:
        return {"@type": "Organization", "name": name.strip()}
    family, given = named
    return {"@type": "Person", "name": f"{given} {family}", "familyName": family, "givenName": given}


def _option(name: str, value: object) -> dict[str, object]:
    plain = value if isinstance(value, bool | int | float | str) else json.dumps(value)
    return {"@type": "PropertyValue", "name": name, "value": plain}
