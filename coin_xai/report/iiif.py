"""A cluster as a manifest of IIIF Presentation 3: one canvas a coin, its pictures as a choice.

Viewers such as Mirador show it beside the photographs of any museum. The identifiers of IIIF are addresses
on the web, so the pictures have to be put there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from coin_xai.errors import OptionError
from coin_xai.report.words import LANGUAGES, text

CONTEXT = "http://iiif.io/api/presentation/3/context.json"

Labels = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Layer:
    """A picture of a coin.

    Attributes:
        address: of the file, relative to the base address, with `/` between folders.
        label: its name by language.
        width: in pixels.
        height: in pixels.
    """

    address: str
    label: Labels
    width: int
    height: int


@dataclass(frozen=True)
class Coin:
    """A coin to show.

    Attributes:
        coin_id: its name.
        layers: its pictures, all of the same frame; a viewer shows the first one at first.
        facts: pairs of the label of a fact and its value.
        record: address of its record on the web.
    """

    coin_id: str
    layers: Sequence[Layer]
    facts: Sequence[tuple[Labels, str]] = field(default=())
    record: str | None = None


def checked_base(address: str) -> str:
    """Return a base address with a slash at its end.

    Raises:
        OptionError: it is no address on the web.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise OptionError(
            f"the base address {address!r} is none on the web: give one that begins with https:// and ends "
            "in the folder that the files will lie in"
        )
    return address.rstrip("/") + "/"


def spoken(key: str, **values: Any) -> dict[str, list[str]]:
    """Return a word of the page in every language."""
    return {language: [text(key, language, **values)] for language in LANGUAGES}


def manifest(cluster: int, coins: Sequence[Coin], *, base: str, run: str) -> dict[str, object]:
    """Return the manifest of a cluster as plain values.

    Args:
        cluster: its number.
        coins: its coins in the order to show them.
        base: address on the web of the folder that the addresses of layers are relative to, with `/`.
        run: name of the run.
    """
    here = f"{base}iiif/{cluster}"
    return {
        "@context": CONTEXT,
        "id": f"{here}/manifest.json",
        "type": "Manifest",
        "label": {language: [f"{run}: {text('cluster', language)} {cluster}"] for language in LANGUAGES},
        "summary": spoken("iiif_summary", count=len(coins)),
        "items": [
            _canvas(coin, f"{here}/canvas/{number}", base) for number, coin in enumerate(coins, start=1)
        ],
    }


def _canvas(coin: Coin, address: str, base: str) -> dict[str, object]:
    first = coin.layers[0]
    bodies = [_image(layer, base) for layer in coin.layers]
    annotation = {
        "id": f"{address}/pictures",
        "type": "Annotation",
        "motivation": "painting",
        "body": {"type": "Choice", "items": bodies},
        "target": address,
    }
    canvas: dict[str, object] = {
        "id": address,
        "type": "Canvas",
        "label": {"none": [coin.coin_id]},
        "width": first.width,
        "height": first.height,
        "thumbnail": [bodies[0]],
        "metadata": [{"label": dict(label), "value": {"none": [value]}} for label, value in coin.facts],
        "items": [{"id": f"{address}/page", "type": "AnnotationPage", "items": [annotation]}],
    }
    if coin.record is not None:
        record = {"id": coin.record, "type": "Text", "format": "text/html", "label": spoken("iiif_record")}
        canvas["homepage"] = [record]
    return canvas


def _image(layer: Layer, base: str) -> dict[str, object]:
    return {
        "id": base + quote(layer.address),
        "type": "Image",
        "format": "image/jpeg",
        "width": layer.width,
        "height": layer.height,
        "label": {language: list(words) for language, words in layer.label.items()},
    }
