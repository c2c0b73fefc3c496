"""What is known of one coin before any network is asked: where it lies, its parts, its relief."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from coin_xai.claims.options import BuiltIn
from coin_xai.claims.parts import Parts, marked_parts, parts_of
from coin_xai.claims.pose import Pose, lying, pose_of
from coin_xai.claims.relief import completeness_of, relief_of, richness_of
from coin_xai.photographs.pixels import CHANNELS
from coin_xai.photographs.square import Square, cut

Floats = npt.NDArray[np.float32]
UNKNOWN = float("nan")


@dataclass(frozen=True)
class Groundwork:
    """One coin.

    Attributes:
        flan: which share of each pixel is coin (S x S); None where no coin stands out.
        parts, pose: of the coin; None where it is not known how it stands.
        angle_deg: by how much its cross is turned counter-clockwise; NaN where there is none to be read.
        relief, completeness, richness: see `coin_xai.claims.relief`; NaN where nothing is known.
    """

    flan: Floats | None = None
    parts: Parts | None = None
    pose: Pose | None = None
    angle_deg: float = UNKNOWN
    relief: float = UNKNOWN
    completeness: float = UNKNOWN
    richness: float = UNKNOWN


def flan_in(mask: npt.NDArray[np.bool_], square: Square, shape: tuple[int, int], *, size_px: int) -> Floats:
    """Return which share of each pixel of a square is coin (size_px x size_px).

    Args:
        mask: True on the coin (h x w), of the whole photograph, on a smaller scale.
        square: of the photograph.
        shape: height and width of the photograph in pixels.
        size_px: side of the result.
    """
    whole = np.asarray(Image.fromarray((255 * mask).astype(np.uint8)).resize(shape[::-1]))
    seen = cut(np.repeat(whole[..., None], CHANNELS, axis=2), square, size_px=size_px)
    share: Floats = seen[..., 0].astype(np.float32) / np.float32(255)
    return share


def look(grey: npt.NDArray[np.floating], flan: Floats | None, model: BuiltIn) -> Groundwork:
    """Return what is known of a coin in a square picture.

    Args:
        grey: the picture as the network sees it, 0 to 255 (S x S).
        flan: which share of each pixel is coin (S x S); None where no coin stands out.
        model: the parts to divide it into.
    """
    pose = None if flan is None else _pose(grey, flan, model)
    if pose is None or flan is None:
        return Groundwork(flan)
    parts = parts_of(flan, pose, model)
    return Groundwork(
        flan,
        parts,
        pose,
        angle_deg=pose.angle_deg if model == "cross" else UNKNOWN,
        relief=relief_of(grey, flan, pose),
        completeness=completeness_of(parts),
        richness=richness_of(grey, parts, pose),
    )


def look_at(grey: npt.NDArray[np.floating], flan: Floats | None, marked: Mapping[str, Floats]) -> Groundwork:
    """Return what is known of a coin in a square picture whose parts somebody has marked.

    Nobody knows how it stands, and what is marked is what there is, not what there was: so angle and
    completeness are unknown. Richness is told where all four cantons are marked.

    Args:
        grey: the picture as the network sees it, 0 to 255 (S x S).
        flan: which share of each pixel is coin (S x S); None where no coin stands out.
        marked: which share of each pixel belongs to each part, by name (S x S each); without any, parts are
            not known.
    """
    lies = None if flan is None else lying(flan)
    if lies is None or flan is None:
        return Groundwork(flan)
    parts = marked_parts(flan, lies, marked) if marked else None
    return Groundwork(
        flan,
        parts,
        relief=relief_of(grey, flan, lies),
        richness=UNKNOWN if parts is None else richness_of(grey, parts, lies),
    )


def area_in(share: Floats, square: Square, *, size_px: int) -> Floats:
    """Return which share of each pixel of a square belongs to an area (size_px x size_px).

    Args:
        share: of each pixel of the photograph that belongs to it, 0 to 1 (h x w).
        square: of the photograph.
        size_px: side of the result.
    """
    seen = cut(np.rint(255 * share).astype(np.uint8), square, size_px=size_px)
    found: Floats = seen.astype(np.float32) / np.float32(255)
    return found


def _pose(grey: npt.NDArray[np.floating], flan: Floats, model: BuiltIn) -> Pose | None:
    if model == "radial":
        return lying(flan)
    pose = pose_of(grey, flan)
    return pose if pose is not None and pose.legible else None
