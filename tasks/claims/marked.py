"""The parts of coins that a person has marked in a table, as areas of what the network is shown."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PureWindowsPath

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from coin_xai.catalogue.marked import BETWEEN, EDGES, MarkedArea, read_marked
from coin_xai.catalogue.wording import quoted
from coin_xai.claims.groundwork import area_in
from coin_xai.claims.interventions import PHOTOGRAPHIC
from coin_xai.claims.measurements import AGAIN, SWAPPED, TURNED
from coin_xai.claims.options import PartsModel
from coin_xai.claims.parts import BACKGROUND, CANTONS, RIM_NAME, Parts
from coin_xai.errors import CatalogueError, OptionError, PhotographError
from coin_xai.photographs.photograph import decode, upright_size
from coin_xai.photographs.square import Square
from storage.fingerprint import fingerprint
from storage.layout import RunLayout
from storage.tables import read_frame
from tasks.collection import INGEST_AGAIN

Floats = npt.NDArray[np.float32]

RESERVED = frozenset(
    {RIM_NAME, BACKGROUND, TURNED, AGAIN, SWAPPED, *PHOTOGRAPHIC, *(f"other {name}" for name in CANTONS)}
)
"""Parts that are found, and changes to photographs: columns of measurements have their names."""
WHITE = 128
"""Of 255, from which on a mask is white: compression leaves other levels than two."""
MOST_GREY = 0.2
"""Share of the pixels of a mask that may be neither; a photograph has more."""


@dataclass(frozen=True)
class MaskFile:
    """A picture that says where a part lies: its file, and the SHA-256 of its content."""

    file: Path
    sha256: str


@dataclass(frozen=True)
class MarkedParts:
    """What a table of parts marks.

    Attributes:
        name: of the table, for messages.
        areas: of each coin that has some, by coin_id.
        masks: by the words of the table.
        sizes: width and height of the upright photographs, by coin_id.
    """

    name: str
    areas: Mapping[str, Sequence[MarkedArea]]
    masks: Mapping[str, MaskFile]
    sizes: Mapping[str, tuple[int, int]]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an area, in an order of its own: coin_id, part, the box, and the SHA-256 of the mask."""
        every = [area for areas in self.areas.values() for area in areas]
        rows = [
            (one.coin_id, one.part, *(one.box or [None] * 4), self.masks[one.mask].sha256 if one.mask else "")
            for one in every
        ]
        columns = ["coin_id", "part", *EDGES, "mask_sha256"]
        table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(EDGES, float))
        return table.drop_duplicates().sort_values(columns, ignore_index=True)

    @cached_property
    def digest(self) -> str:
        """What tells this table from any that marks other areas, whatever else it says."""
        return self.digest_of([*self.areas])

    def digest_of(self, coin_ids: Sequence[str]) -> str:
        """Return what tells the marks on some coins from any others on them."""
        own = self.table[self.table["coin_id"].isin(coin_ids)]
        return fingerprint(own.astype(object).where(own.notna(), None).to_numpy().tolist())

    def not_among(self, known: Mapping[str, str]) -> int:
        """Return how many marked parts are not among those that are known of their coins.

        Args:
            known: of some coins, as `names_of` names them, by coin_id.
        """
        return sum(
            part not in names.split(BETWEEN)
            for coin_id, names in known.items()
            for part in {area.part for area in self.areas.get(coin_id, ())}
        )

    def on(self, coin_id: str, shape: tuple[int, int], square: Square, *, size_px: int) -> dict[str, Floats]:
        """Return the marked areas of a coin in a square of its photograph, by part (size_px x size_px each).

        Args:
            coin_id: of the coin; one that nobody has marked has none.
            shape: height and width of the photograph as the run keeps it.
            square: of that photograph.
            size_px: side of the results.

        Raises:
            OptionError: a mask is not the picture that it was when the table was read.
            CatalogueError: a mask is not black and white, or cannot be read.
        """
        shares: dict[str, Floats] = {}
        for area in self.areas.get(coin_id, ()):
            share = self._share(area, shape)
            shares[area.part] = np.maximum(shares[area.part], share) if area.part in shares else share
        return {part: area_in(share, square, size_px=size_px) for part, share in sorted(shares.items())}

    def _share(self, area: MarkedArea, shape: tuple[int, int]) -> Floats:
        """Return which share of each pixel of a photograph, as the run keeps it, an area covers (h x w)."""
        width, height = self.sizes[area.coin_id]
        share = np.ones(shape, dtype=np.float32)
        if area.box is not None:
            left, top, right, bottom = area.box
            down = _covered(top / height, bottom / height, shape[0])
            share = down[:, None] * _covered(left / width, right / width, shape[1])
        if area.mask is not None:
            where = _column_of_mask(area, self.name)
            white = _white(self.masks[area.mask], where, (width, height))
            small = Image.fromarray(white).resize(shape[::-1], Image.Resampling.BOX)
            share = share * np.asarray(small, dtype=np.float32) / np.float32(255)
        return share


def read_parts_table(file: Path, layout: RunLayout) -> MarkedParts:
    """Read a table of parts, and look at the masks that it names.

    Raises:
        OptionError: the file is not there.
        CatalogueError: it is no such table, or a mask is not there, lies elsewhere, or has another size than
            its photograph.
    """
    require_file(file)
    coins = read_frame(layout.coins, remedy=INGEST_AGAIN)
    areas = read_marked(file.read_bytes(), coins, name=file.name, reserved=RESERVED)
    usable = coins[coins["error"].isna()]
    sizes = {
        coin_id: (int(width), int(height))
        for coin_id, width, height in zip(usable["coin_id"], usable["width"], usable["height"], strict=True)
    }
    by_coin: dict[str, list[MarkedArea]] = {}
    masks: dict[str, MaskFile] = {}
    for area in areas:
        by_coin.setdefault(area.coin_id, []).append(area)
        if area.mask is not None:
            where = _column_of_mask(area, file.name)
            masks[area.mask] = _find(area.mask, file, where, sizes[area.coin_id])
    return MarkedParts(file.name, by_coin, masks, sizes)


def require_file(table: Path) -> None:
    """Refuse a table of parts that is not there.

    Raises:
        OptionError: names it.
    """
    if not table.is_file():
        raise OptionError(f"the file {table} is not there (--parts-table)")


def divided_by(model: PartsModel, marked: MarkedParts | None, coin_ids: Sequence[str]) -> str:
    """Return what some coins are divided by, such that other parts of theirs have another name."""
    return model if marked is None else f"{model} {marked.digest_of(coin_ids)}"


def names_of(parts: Parts | None) -> str:
    """Return the names of the parts of a coin that are marked or follow from marks, with | between."""
    return "" if parts is None else BETWEEN.join(sorted({*parts.areas} - {RIM_NAME, BACKGROUND}))


def _column_of_mask(area: MarkedArea, name: str) -> str:
    return f"row {area.row} of {name}, column mask"


def _find(mask: str, table: Path, where: str, size: tuple[int, int]) -> MaskFile:
    """Return the file of a mask, which lies in the folder of the table."""
    folder, shown = table.resolve().parent, quoted(mask)
    inside = mask.replace("\\", "/")
    try:
        file = (folder / inside).resolve()
        strays = PureWindowsPath(mask).drive or not file.is_relative_to(folder)
        there = not strays and file.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a null, links in a circle
        strays = there = False
    if strays:
        raise CatalogueError(
            f"{where}: {shown} leads out of the folder of the table; put the mask beside the table, and name "
            "it from there"
        )
    if not there:
        raise CatalogueError(f"{where}: {shown} is no file in the folder of the table; put it there")
    content = file.read_bytes()
    _require_size(content, where, shown, size)
    return MaskFile(file, hashlib.sha256(content).hexdigest())


def _require_size(content: bytes, where: str, shown: str, size: tuple[int, int]) -> None:
    """Refuse a picture that is not as large as its photograph, without decoding it."""
    try:
        found = upright_size(content, name=shown)
    except PhotographError as error:
        raise CatalogueError(f"{where}: {error}") from error
    if found != size:
        raise CatalogueError(
            f"{where}: {shown} is {found[0]} x {found[1]} pixels, and its photograph {size[0]} x {size[1]} "
            "when it is upright; give a mask of that size"
        )


def _white(mask: MaskFile, where: str, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return 255 where a mask is white and else 0, at the size of its photograph (width, height)."""
    name = quoted(mask.file.name)
    content = mask.file.read_bytes() if mask.file.is_file() else b""
    if hashlib.sha256(content).hexdigest() != mask.sha256:
        raise OptionError(
            f"{where}: {name} has changed since the table was read; leave masks alone and ask again"
        )
    try:
        grey = decode(content, name=name, short_side_px=min(size)).pixels.mean(axis=2)
    except PhotographError as error:
        raise CatalogueError(f"{where}: {error}") from error
    share = float((grey >= WHITE).mean())
    if share in (0, 1):
        tone = "black" if share == 0 else "white or transparent"
        raise CatalogueError(
            f"{where}: {name} is {tone} everywhere; make it white on the part and black elsewhere"
        )
    if ((grey > WHITE / 2) & (grey < 1.5 * WHITE)).mean() > MOST_GREY:
        raise CatalogueError(
            f"{where}: {name} is full of greys; make it white on the part and black elsewhere"
        )
    white: npt.NDArray[np.uint8] = np.where(grey >= WHITE, 255, 0).astype(np.uint8)
    return white


def _covered(start: float, end: float, cells: int) -> Floats:
    """Return which share of each of some cells lies between two places, in shares of them all (cells)."""
    first = np.arange(cells)
    share = np.minimum(end * cells, first + 1) - np.maximum(start * cells, first)
    covered: Floats = share.clip(0, 1).astype(np.float32)
    return covered
