"""IIIF: a manifest for each cluster, and the heat maps as pictures that its viewers can show."""

import io
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from coin_xai.evidence.typical import typical_first
from coin_xai.photographs.square import Square
from coin_xai.pictures import heatmaps
from coin_xai.report.iiif import Coin, Labels, Layer, manifest, spoken
from coin_xai.report.words import WORDS
from storage.layout import ExplanationLayout, file_stem
from tasks.explaining.explained_coins import Explained
from tasks.page.assemble import CAPTIONS, OF_A_FOREIGN_HEAD, UNSHOWN
from tasks.page.pictures import QUALITY, SUFFIX

PAPER = 241
"""The grey that heat lies on where no photographs are shown, as on the page."""


def cluster_manifests(
    explanation: ExplanationLayout,
    explained: Explained,
    squares: Sequence[Square],
    *,
    run: str,
    base: str,
    photographs: bool,
) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the manifests of all clusters, and of the heat maps that they show.

    Args:
        explanation: its files, the small pictures of its page among them.
        explained: its coins and their maps.
        squares: that the network sees of each photograph, in shares of its width.
        run: name of the run.
        base: address on the web of the folder that the names are relative to, with `/`.
        photographs: whether coins are shown, or heat alone.
    """
    ordered = typical_first(explained.coins)
    for cluster in sorted(ordered["cluster"].unique().tolist()):
        members = ordered[ordered["cluster"] == cluster]
        shown = []
        for position, row in zip(members.index, members.to_dict("records"), strict=True):
            name = f"{cluster}/{file_stem(row['coin_id'])}"
            with Image.open(explanation.page / "pictures" / f"{name}{SUFFIX}") as picture:
                small = np.asarray(picture.convert("RGB"))
            height, width = small.shape[:2]
            layers = []
            if photographs:
                address = f"page/pictures/{name}{SUFFIX}"
                layers.append(Layer(address, spoken("photograph"), width, height))
            ground = small if photographs else np.full_like(small, PAPER)
            square = squares[position].enlarged(width)
            own = [maps[position] for maps in explained.heats.values()]
            for method, laid in zip(
                explained.heats, heatmaps.overlays(ground, own, square=square), strict=True
            ):
                address = f"iiif/{name}-{method}{SUFFIX}"
                yield address, _encoded(laid)
                layers.append(Layer(address, {"none": [CAPTIONS[method]]}, width, height))
            shown.append(Coin(row["coin_id"], layers, list(_facts(row)), _record(row)))
        content = manifest(cluster, shown, base=base, run=run)
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        yield f"iiif/{cluster}/manifest.json", text.encode(errors="backslashreplace")


def _facts(row: Mapping[Hashable, Any]) -> Iterator[tuple[Labels, str]]:
    for name, value in row.items():
        if name not in (*UNSHOWN, *OF_A_FOREIGN_HEAD) and not pd.isna(value):
            key = f"column_{name}"
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
            yield (spoken(key) if key in WORDS else {"none": [str(name)]}), shown


def _record(row: Mapping[Hashable, Any]) -> str | None:
    uri = row.get("uri")
    return uri if isinstance(uri, str) and uri.startswith(("http://", "https://")) else None


def _encoded(picture: npt.NDArray[np.uint8]) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, format="JPEG", quality=QUALITY)
    return encoded.getvalue()
