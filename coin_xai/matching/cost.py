"""What comparing coins takes, told before it begins."""

from coin_xai.matching.any_angle import TURNS
from coin_xai.matching.candidates import COMPONENTS as VECTOR
from coin_xai.matching.hog import ORIENTATIONS
from coin_xai.matching.joined import COMPONENTS
from coin_xai.matching.windows import CELLS

FLOAT_BYTES, HALF_BYTES = 4, 2
CHANNELS = 112
"""Of what a network sees, where it learns and all of it is in memory."""


def memory_of_matching(
    n_coins: int, *, seen_by_network: bool = False, learns: bool = False, at_any_angle: bool = False
) -> int:
    """Return about how many bytes of memory comparing coins takes beyond what lies on the disk.

    It is the sum of the largest arrays, which grow in proportion to the number of coins; not all of them are
    there at one time.

    Args:
        n_coins: how many there are.
        seen_by_network: whether what a network sees is compared as well as edges.
        learns: whether that network learns from coins that match.
        at_any_angle: whether coins are compared at every turn, by their edges alone.
    """
    grid = CELLS * CELLS
    edges = grid * (ORIENTATIONS + 1) * FLOAT_BYTES  # and how far each cell is seen
    compared = 2 * VECTOR * FLOAT_BYTES
    if at_any_angle:
        per_coin = TURNS * (grid * (ORIENTATIONS + 1) * HALF_BYTES + VECTOR * FLOAT_BYTES) + edges
    elif seen_by_network:
        per_coin = edges + grid * (ORIENTATIONS + COMPONENTS) * FLOAT_BYTES + compared
        per_coin += learns * grid * CHANNELS * HALF_BYTES
    else:
        per_coin = 2 * edges + compared  # as coins lie, and as they are turned
    return n_coins * per_coin
