"""Coins described around their centre, so that turning one only moves its description along.

The disc is cut into rings and each ring into sectors; each holds how strong edges of each direction are, the
direction taken relative to the radius. After a Fourier transform along the rings, the likeness of two coins
at every angle is one product and one transform back (after Reddy & Chatterji 1996, An FFT-based technique for
translation, rotation, and scale-invariant image registration).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from coin_xai.matching.blur import blurred
from coin_xai.matching.cells import BLUR_PX, CONTRAST_PX, EVEN_DIRECTIONS, OWN_CONTRAST
from coin_xai.matching.cells import SMALLEST_CONTRAST as SMALLEST
from coin_xai.matching.cut_out import RIM_PX, SIZE_PX, eroded

RINGS, SECTORS, DIRECTIONS = 12, 64, 9
FREQUENCIES = SECTORS // 2 + 1
SMOOTHING_PX = 3.0
"""Along the rings: dies are cut by hand."""
BLOCK = 128
ROUNDS, MOST_TO_BEGIN = 4, 300
HARDLY_DEG = 12.0
FEWEST_PAIRS = 40
"""Some 300 coins have as many. Of half as many the share varied from .72 to 1 in one upright collection."""
SAME_PHOTOGRAPH = 0.999

Floats = npt.NDArray[np.float32]


def _layout() -> tuple[Tensor, Tensor, Tensor]:
    """Return which pixels lie on the disc, in which ring and sector each does, and its angle."""
    down, across = np.mgrid[:SIZE_PX, :SIZE_PX] - (SIZE_PX - 1) / 2
    angle = np.arctan2(down, across)
    ring = np.floor(np.hypot(down, across) / (SIZE_PX / 2) * RINGS).astype(np.int64)
    sector = np.floor(angle % (2 * np.pi) / (2 * np.pi) * SECTORS).astype(np.int64) % SECTORS
    place = np.where(ring < RINGS, ring * SECTORS + sector, 0)
    return torch.from_numpy(ring < RINGS), torch.from_numpy(place), torch.from_numpy(angle).float()


ON_DISC, PLACE, ANGLE = _layout()
ROOT_OF_AREA = PLACE[ON_DISC].bincount(minlength=RINGS * SECTORS).clamp_min(1).sqrt()
RADIUS_PX = (np.arange(RINGS) + 0.5) / RINGS * SIZE_PX / 2
DOUBLED = np.where(np.isin(np.arange(FREQUENCIES), (0, SECTORS // 2)), 1.0, 2.0)
"""How often each frequency of a real signal stands in its whole transform."""


def describe_around(grey: Tensor, on_coin: Tensor) -> Floats:
    """Return how strong edges of each direction are around the centre of coins (n x 12 x 64 x 9).

    Args:
        grey: the coins alone (n x 128 x 128, 0..1), as `cut_out.cut_out_some` returns them.
        on_coin: which share of each pixel is coin (n x 128 x 128).
    """
    down, across = torch.gradient(blurred(grey, BLUR_PX), dim=(-2, -1))
    inner = eroded(on_coin, RIM_PX)
    energy = (down**2 + across**2) * inner**2
    around = blurred(energy, CONTRAST_PX) / (blurred(inner, CONTRAST_PX) + 1e-3)
    of_coin = energy.sum(dim=(1, 2), keepdim=True) / (inner.sum(dim=(1, 2), keepdim=True) + 1e-6)
    strength = energy.sqrt() / (around + OWN_CONTRAST * of_coin + SMALLEST).sqrt()
    direction = torch.atan2(down, across)
    strength *= _evening(direction, strength)
    described = grey.new_zeros(len(grey), RINGS * SECTORS * DIRECTIONS)
    for nearest, share in _shared(direction - ANGLE):
        place = (PLACE * DIRECTIONS + nearest)[:, ON_DISC]
        described.scatter_add_(1, place, (strength * share)[:, ON_DISC])
    by_place = described.view(len(grey), RINGS * SECTORS, DIRECTIONS) / ROOT_OF_AREA[:, None]
    return by_place.view(len(grey), RINGS, SECTORS, DIRECTIONS).numpy()


def _shared(angle: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the two of the nine directions that each angle lies between, and which share each of them has."""
    place = angle.remainder(torch.pi) * (DIRECTIONS / torch.pi)
    lower = place.floor()
    yield lower.long() % DIRECTIONS, 1 - (place - lower)
    yield (lower.long() + 1) % DIRECTIONS, place - lower


def _evening(direction: Tensor, strength: Tensor) -> Tensor:
    """Return what to multiply edges by, so that none of the directions a lamp brings out is the strongest."""
    total = strength.new_zeros(len(strength), DIRECTIONS)
    shared = list(_shared(direction))
    for nearest, share in shared:
        total.scatter_add_(1, nearest.flatten(1), (strength * share).flatten(1))
    mean = total.mean(dim=1, keepdim=True)
    gain = mean / (total + EVEN_DIRECTIONS * mean + SMALLEST)
    return sum(
        (gain.gather(1, nearest.flatten(1)).view_as(share) * share for nearest, share in shared),
        torch.zeros(()),
    )


def transform(described: Floats) -> Tensor:
    """Return descriptions along the rings by frequency, each coin of length 1 (33 x n x 108, complex).

    Args:
        described: of each coin (n x 12 x 64 x 9).
    """
    frequency = np.arange(FREQUENCIES)
    smoothing = np.exp(-0.5 * (frequency * (SMOOTHING_PX / RADIUS_PX[:, None])) ** 2)
    fading = np.clip(1.2 - RADIUS_PX / (SIZE_PX / 2), 0, 1)
    waves = np.fft.rfft(described, axis=2) * (smoothing * fading[:, None])[..., None]
    waves[:, :, 0] = 0  # what is the same all around tells no angle
    length = np.sqrt((np.abs(waves) ** 2 * DOUBLED[:, None]).sum(axis=(1, 2, 3), keepdims=True) / SECTORS)
    waves /= length + 1e-9
    flat = waves.transpose(2, 0, 1, 3).reshape(FREQUENCIES, len(described), -1)
    return torch.from_numpy(np.ascontiguousarray(flat, dtype=np.complex64))


def best_angles(waves: Tensor) -> tuple[Tensor, Tensor]:
    """Return how alike coins are at the best angle, and by how many degrees the other one is to be turned
    counter-clockwise for it (n x n each).

    Args:
        waves: of the coins, as `transform` returns them.
    """
    n_coins = waves.shape[1]
    likeness, angle = torch.empty(n_coins, n_coins), torch.empty(n_coins, n_coins)
    for start in range(0, n_coins, BLOCK):
        some = slice(start, start + BLOCK)
        at_angles = torch.fft.irfft(waves[:, some].conj() @ waves.transpose(1, 2), n=SECTORS, dim=0)
        likeness[some], best = at_angles.max(dim=0)
        before, after = (at_angles.gather(0, ((best + step) % SECTORS)[None])[0] for step in (-1, 1))
        curvature = (2 * likeness[some] - before - after).clamp_min(SMALLEST)
        angle[some] = best + ((after - before) / 2 / curvature).clamp(-0.5, 0.5)
    return likeness, angle * (360 / SECTORS)


def turns_to_mean(waves: Tensor) -> npt.NDArray[np.float64]:
    """Return by how many degrees to turn each coin counter-clockwise to agree best with the mean of all (n).

    Coins are turned to agree with their mean and the mean is taken anew, a few times over: congealing
    (Learned-Miller 2006), begun with the coin that is most like a sample of the others.

    Args:
        waves: of the coins, as `transform` returns them.
    """
    sample = waves[:, np.unique(np.linspace(0, waves.shape[1] - 1, MOST_TO_BEGIN).astype(int))]
    first = int(best_angles(sample)[0].sum(dim=1).argmax())
    mean, turn = sample[:, first], torch.zeros(waves.shape[1], dtype=torch.int64)
    frequency = torch.arange(FREQUENCIES)[:, None]
    for _ in range(ROUNDS):
        agreement = torch.fft.irfft((mean.conj()[:, None] * waves).sum(dim=2), n=SECTORS, dim=0)
        turn = agreement.argmax(dim=0)
        phase = torch.polar(torch.ones(1), 2 * torch.pi / SECTORS * (frequency * turn).float())
        mean = (waves * phase[..., None]).mean(dim=1)
    return turn.numpy() * (360 / SECTORS)


def share_that_stands(waves: Tensor) -> float | None:
    """Return the share of pairs of coins that are alike as they lie, or turned by hardly anything (0..1).

    A pair are two coins each of which is most like the other at the best angle, unless both are one
    photograph. The half of them that is most alike counts. None where there are too few of them to tell.

    Args:
        waves: of some coins, as `transform` returns them, at least two.
    """
    likeness, angle = best_angles(waves)
    best = likeness.fill_diagonal_(-torch.inf).argmax(dim=1)
    one = torch.arange(len(best))
    one = one[(best[best] == one) & (one < best)]
    one = one[likeness[one, best[one]] < SAME_PHOTOGRAPH]
    if len(one) < FEWEST_PAIRS:
        return None
    alike = likeness[one, best[one]]
    one = one[alike >= alike.median()]
    turned = angle[one, best[one]]
    return float((torch.minimum(turned, 360 - turned) <= HARDLY_DEG).float().mean())
