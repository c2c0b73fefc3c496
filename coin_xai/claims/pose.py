"""How a coin with a cross stands: where its arms meet, how they are turned, whether that can be read.

A cross looks the same after a quarter turn, and little else on a coin does. So its angle is near that of the
fourth harmonic of gradient directions, each counted by its energy. A bar is a pair of long edges; the angle
near it and the centre are those at which two such pairs, at right angles, stand out most.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from coin_xai.common.random_streams import stream

Floats = npt.NDArray[np.float64]

SMOOTHING = 0.02
"""Standard deviation, in shares of the side, of the blur before gradients; grain is finer, bars are not."""
LEAST_RADIUS = 0.1
"""Of a flan, in shares of the side: smaller, and it is a speck or a coin that nobody could see parts of."""
INNER = 0.12
"""Depth below the edge of the flan, in shares of its radius, where the rim no longer decides."""
FARTHEST = 0.35
"""Of the centre of a cross from that of the flan, in radii of the flan: dies are struck off centre."""
OFF_CENTRE = 0.2
"""Standard deviation of that, in the same radii; with 0.12 centres of drawn coins were a third less exact."""
HALF_WIDTHS = (0.03, 0.18)
"""Of bars, in the same radii. Below the first, the edges of one symbol alone would be a pair."""
EDGE, AROUND = 0.02, 0.24
"""Standard deviations, in the same radii, of the place of an edge and of what it stands out from."""
BINS = 80
"""Places across the flan."""
TURNS_DEG = np.arange(-10.0, 11.0, 2.0)
"""Looked at beside the angle of the harmonic, which symbols pull by a few degrees."""
TURN_DEG = 10.0
"""Standard deviation of that."""
SCRAMBLED = 19
"""Pictures without a design that each coin is compared with: none of them reaches one coin in twenty."""


@dataclass(frozen=True)
class Pose:
    """How one coin stands in a square picture.

    Attributes:
        across, down: where the arms meet, in shares of the side.
        angle_deg: by how much the cross is turned counter-clockwise from upright, -45 to 45.
        legibility: size of the fourth harmonic, 0 no direction to 1 nothing but a cross.
        legible: whether it exceeds that of every scrambled picture of the same coin.
        radius: of the flan, in shares of the side.
    """

    across: float
    down: float
    angle_deg: float
    legibility: float
    legible: bool
    radius: float


def lying(flan: npt.NDArray[np.floating]) -> Pose | None:
    """Return where a flan lies, as if it stood upright; None where there is too little of it.

    Args:
        flan: which share of each pixel is coin (S x S).
    """
    on_coin, size = flan > 0.5, len(flan)
    radius = float(np.sqrt(on_coin.sum() / np.pi))
    if radius < LEAST_RADIUS * size:
        return None
    down, across = ndimage.center_of_mass(on_coin)
    return Pose((across + 0.5) / size, (down + 0.5) / size, 0.0, 0.0, legible=False, radius=radius / size)


def pose_of(grey: npt.NDArray[np.floating], flan: npt.NDArray[np.floating], *, seed: int = 0) -> Pose | None:
    """Return how a coin stands, or None where there is too little flan to tell.

    Args:
        grey: the picture (S x S).
        flan: which share of each pixel is coin (S x S).
        seed: of the scrambled pictures.
    """
    flat, size = lying(flan), len(grey)
    if flat is None:
        return None
    radius = flat.radius * size
    depth = ndimage.distance_transform_edt(np.pad(flan > 0.5, 1))[1:-1, 1:-1]
    inner = depth > INNER * radius
    if not inner.any():
        return None
    smooth = ndimage.gaussian_filter(np.asarray(grey, dtype=np.float64), SMOOTHING * size)
    harmonic = _fourth_harmonic(smooth, inner)
    generator = stream(seed, "scrambled relief")
    coarse, inside = smooth[::2, ::2], inner[::2, ::2]  # nothing is lost: the blur has removed what is finer
    scrambled = [_fourth_harmonic(picture, inside) for picture in _scrambled(coarse, inside, generator)]
    legible = abs(harmonic) > max(abs(one) for one in scrambled)
    angle = -float(np.rad2deg(np.angle(harmonic))) / 4  # rows count downwards, angles counter-clockwise
    middle = flat.down * size - 0.5, flat.across * size - 0.5
    down, across, angle = _fit_cross(smooth, inner, middle, radius, angle)
    return Pose(
        across=(across + 0.5) / size,
        down=(down + 0.5) / size,
        angle_deg=angle,
        legibility=float(abs(harmonic)),
        legible=bool(legible),
        radius=flat.radius,
    )


def _fourth_harmonic(smooth: Floats, inner: npt.NDArray[np.bool_]) -> complex:
    """Return the mean of e^{4i phi} over gradients of direction phi, weighed by their energy."""
    down, across = (np.asarray(slope) for slope in np.gradient(smooth))
    gradient: npt.NDArray[np.complex128] = across[inner] + 1j * down[inner]
    energy = float((np.abs(gradient) ** 2).sum())
    if energy == 0:
        return 0j
    size = np.maximum(np.abs(gradient), np.finfo(np.float64).tiny)
    return complex((np.abs(gradient) ** 2 * (gradient / size) ** 4).sum() / energy)


def _scrambled(
    smooth: Floats, inner: npt.NDArray[np.bool_], generator: np.random.Generator
) -> Iterator[Floats]:
    """Draw pictures with the texture of the flan and no design: its spectrum, averaged over directions.

    Phases alone leave the directions of the spectrum, and with them the cross; so the amplitude of each
    frequency is the mean of all of its wavelength.
    """
    mean = smooth[inner].mean()
    spectrum = np.abs(np.fft.fft2((smooth - mean) * inner))
    size = len(smooth)
    frequency = np.fft.fftfreq(size) * size
    ring = np.hypot(frequency[:, None], frequency[None, :]).round().astype(np.int64)
    mean_of_ring = np.bincount(ring.ravel(), spectrum.ravel()) / np.bincount(ring.ravel())
    for _ in range(SCRAMBLED):
        noise = np.fft.fft2(generator.standard_normal(smooth.shape))
        yield np.fft.ifft2(mean_of_ring[ring] * noise / np.maximum(np.abs(noise), 1e-12)).real


def _fit_cross(
    smooth: Floats, inner: npt.NDArray[np.bool_], middle: tuple[float, float], radius: float, angle_deg: float
) -> tuple[float, float, float]:
    """Return the row and column where the bars cross, and their angle, near a given one.

    Along each direction the edges across it are summed, and the best place is that about which two edges lie
    at the same distance. Squares of gradients would let the lit edge of a bar outweigh the dark one, and the
    bar would be sought on that edge; so their sizes count, and of a pair the geometric mean. Where two places
    are as good, the one nearer to the middle of the flan is taken.
    """
    down, across = (np.asarray(slope) for slope in np.gradient(smooth))
    rows, columns = np.nonzero(inner)
    places = np.stack([columns - middle[1], rows - middle[0]], axis=1) / radius
    gradients = np.stack([across[inner], down[inner]], axis=1)
    some = (rows % 2 == 0) & (columns % 2 == 0)  # a quarter of the pixels tell the angle as well

    def fit(angle: float, chosen: npt.NDArray[np.bool_] | slice) -> tuple[float, Floats]:
        turn = np.deg2rad(angle)
        worth, shift = 1.0, np.zeros(2)
        # Across the horizontal bar and across the vertical one, as (across, down).
        for normal in (np.array([np.sin(turn), np.cos(turn)]), np.array([-np.cos(turn), np.sin(turn)])):
            best, place = _pair(places[chosen] @ normal, np.abs(gradients[chosen] @ normal))
            worth, shift = worth * best, shift + place * normal
        return worth, shift

    worth = [fit(angle_deg + turn, some)[0] for turn in TURNS_DEG] * np.exp(
        -((TURNS_DEG / TURN_DEG) ** 2) / 2
    )
    angle = float((angle_deg + TURNS_DEG[np.argmax(worth)] + 45) % 90 - 45)
    shift = fit(angle, slice(None))[1]
    return middle[0] + shift[1] * radius, middle[1] + shift[0] * radius, angle


def _pair(place: Floats, size: Floats) -> tuple[float, float]:
    """Return how much the best pair of edges across the flan stands out, and where its middle is, in radii.

    Args:
        place: of each pixel across the bar, in radii of the flan (n).
        size: of its gradient across the bar (n).
    """
    step = 2 / BINS
    bins = ((place + 1) / step).astype(np.int64).clip(0, BINS - 1)
    area = np.bincount(bins, minlength=BINS)
    # By the root of the area, so that a short line near the edge of the flan counts less.
    line = np.bincount(bins, size, minlength=BINS) / np.sqrt(np.maximum(area, 1))
    edge = ndimage.gaussian_filter1d(line, EDGE / step) - ndimage.gaussian_filter1d(line, AROUND / step)
    edge = np.maximum(edge, 0)
    first, last = (round(width / step) for width in HALF_WIDTHS)
    padded = np.pad(edge, last)
    pairs = np.stack(
        [
            np.sqrt(padded[last - half : last - half + BINS] * padded[last + half : last + half + BINS])
            for half in range(first, last + 1)
        ]
    )
    best = ndimage.gaussian_filter1d(pairs.max(axis=0), EDGE / step)
    middles = (np.arange(BINS) + 0.5) * step - 1
    score = (best + best.std() / 2 + 1e-12) * np.exp(-(middles**2) / (2 * OFF_CENTRE**2))
    score[np.abs(middles) > FARTHEST] = 0
    return float(score.max()), float(middles[score.argmax()])
