"""Describes the relief of a coin as a grid of cells: how strong edges of each direction are in each.

What the photographer chose is taken out: what lies around the flan, the coin's tone and contrast, and, as far
as one picture allows, where the lamp stood, which shows in the directions that are strong all over the coin.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from coin_xai.matching.hog import LUMA, histograms
from coin_xai.photographs.flan import find_whole_flan
from coin_xai.photographs.pixels import centre_square_box
from coin_xai.photographs.square import Square

SIZE_PX = 128
WIDE_PX = 184
"""Side of the square that a turned one is cut from: as long as its diagonal."""

BLUR_PX = 1.0
RIM_PX = 5
"""Width of the rim that is left out: its edge is the strongest of all and shows how the flan was cut."""
FILLING_PX = 6
"""How far the coin's tone reaches over what is left out, so that no edge is where the coin ends."""
LEAST_SEEN = 0.8
"""Share of a cell that must lie on the coin for it to say anything."""

CONTRAST_PX = 8
"""Standard deviation of the surroundings by whose strength of edges a cell is divided."""
OWN_CONTRAST, SMALLEST_CONTRAST = 0.5, 1e-4
"""Added to that: a share of the whole coin's strength, so that noise in an empty field stays small."""
EVEN_DIRECTIONS = 0.1


@dataclass(frozen=True)
class Frame(Square):
    """The square of a photograph in which its coin is compared with others.

    Attributes:
        mask: True on the coin (h x w), of the whole photograph, on a smaller scale; None: coin everywhere.
        at_any_angle: whether it was turned like coins that were compared with it at any angle.
        standing: share of pairs in the collection that are alike as they lie, where that decided it.
    """

    mask: npt.NDArray[np.bool_] | None = None
    at_any_angle: bool = False
    standing: float | None = None


def frame_of(photograph: npt.NDArray[np.uint8], *, centre_crop: float) -> Frame:
    """Return the square around the flan; around the middle of the photograph where no whole coin stands out.

    Args:
        photograph: H x W x 3.
        centre_crop: side of that middle square as a share of the shorter side.
    """
    flan = find_whole_flan(photograph)
    if flan is None:
        left, top, side = centre_square_box(*photograph.shape[:2], crop=centre_crop)
        return Frame(left, top, side)
    (across, down), radius = flan.centre, flan.radius
    return Frame(across - radius, down - radius, 2 * radius, mask=flan.mask)


def cut_out(
    photograph: npt.NDArray[np.uint8], frame: Frame
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return a coin alone, in grey (128 x 128, 0..1), and which share of each pixel is coin (128 x 128).

    Around the coin its own tone goes on, so that there is no edge where it ends.

    Args:
        photograph: H x W x 3.
        frame: where the coin lies in it.
    """
    grey = _cut((photograph @ LUMA / 255).astype(np.float32), frame, beyond="edge")
    if frame.mask is None:
        return grey, np.ones_like(grey)
    mask = Image.fromarray(frame.mask.astype(np.float32)).resize(
        photograph.shape[1::-1], Image.Resampling.BILINEAR
    )
    on_coin = _cut(np.asarray(mask), frame, beyond="constant")
    inner = ndimage.grey_erosion(on_coin, RIM_PX)
    spread = ndimage.gaussian_filter(inner, FILLING_PX) + 1e-3
    filled = grey * inner + (1 - inner) * ndimage.gaussian_filter(grey * inner, FILLING_PX) / spread
    return filled, on_coin


def describe_cells(
    photograph: npt.NDArray[np.uint8], frame: Frame, *, cell_px: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the cells of a square (n x n x 9) and how far each is seen (n x n, 0..1); n = 128 / cell_px.

    A cell that is not seen is zero.
    """
    return describe_cut(*cut_out(photograph, frame), cell_px=cell_px)


def describe_cut(
    grey: npt.NDArray[np.float32], on_coin: npt.NDArray[np.float32], *, cell_px: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return what `describe_cells` does of a coin that is cut out already.

    Args:
        grey: the coin (128 x 128, 0..1).
        on_coin: which share of each pixel is coin (128 x 128).
        cell_px: side of a cell.
    """
    cells = SIZE_PX // cell_px
    share = on_coin.reshape(cells, cell_px, cells, cell_px).mean(axis=(1, 3))
    seen = np.clip((share - LEAST_SEEN) / (1 - LEAST_SEEN), 0, 1)
    strengths = histograms(ndimage.gaussian_filter(grey, BLUR_PX), cell_px=cell_px)
    even = _evened(strengths, seen, CONTRAST_PX / cell_px) * seen[..., None]
    return even.astype(np.float32), seen.astype(np.float32)


def fading_to_the_rim(cells: int) -> npt.NDArray[np.float32]:
    """Return how much each cell of a square counts: all of it in the middle, a fifth at the rim (n x n)."""
    down, across = (np.indices((cells, cells)) + 0.5) / cells * 2 - 1
    fading: npt.NDArray[np.float32] = np.clip(1.2 - np.hypot(down, across), 0, 1).astype(np.float32)
    return fading


def _evened(
    strengths: npt.NDArray[np.float64], seen: npt.NDArray[np.float64], reach: float
) -> npt.NDArray[np.float64]:
    """Divide each cell by the contrast around it, and each direction by its strength all over the coin."""
    energy, total = (strengths**2).sum(axis=-1) * seen, seen.sum() + 1e-6
    around = ndimage.gaussian_filter(energy, reach)
    around /= ndimage.gaussian_filter(seen, reach) + 1e-3
    contrast = np.sqrt(around + OWN_CONTRAST * energy.sum() / total + SMALLEST_CONTRAST)
    relative = strengths / contrast[..., None]
    direction = (relative * seen[..., None]).sum(axis=(0, 1)) / total + 1e-6
    even: npt.NDArray[np.float64] = (
        relative * direction.mean() / (direction + EVEN_DIRECTIONS * direction.mean())
    )
    return even


def _cut(picture: npt.NDArray[np.float32], frame: Frame, *, beyond: str) -> npt.NDArray[np.float32]:
    """Return a square of a picture (H x W), turned, 128 x 128; `beyond` says what lies outside of it."""
    height, width = picture.shape
    size = WIDE_PX if frame.turn_deg else SIZE_PX
    frame = frame.moved(0, 0, scale=size / SIZE_PX)
    right, bottom = frame.left + frame.side, frame.top + frame.side
    margin = int(np.ceil(max(0, -frame.left, -frame.top, right - width, bottom - height)))
    padded = np.pad(picture, margin, mode=beyond)  # type: ignore[call-overload]
    box = (frame.left + margin, frame.top + margin, right + margin, bottom + margin)
    resized = Image.fromarray(padded.astype(np.float32)).resize(
        (size, size), Image.Resampling.BILINEAR, box=box
    )
    if frame.turn_deg:
        near, far = (WIDE_PX - SIZE_PX) // 2, (WIDE_PX + SIZE_PX) // 2
        resized = resized.rotate(frame.turn_deg, Image.Resampling.BILINEAR).crop((near, near, far, far))
    return np.asarray(resized)
