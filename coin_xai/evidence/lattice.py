"""Networks whose layers, and not the coin, decide on which cells heat is greatest."""

from coin_xai.networks.names import OVERLAPPING, NetworkName

LATTICE = (
    "Behind the last convolution of {network}, windows of pooling overlap, so the hottest cells of its "
    "maps lie on every second row and column two to three times as often as by chance, whatever is shown. "
    "Read where heat lies on the coin, not single cells."
)


def lattice(network: NetworkName) -> str | None:
    """Return what to bear in mind when maps of a network are read; None where nothing of the kind is known.

    A cell that several windows share takes the gradient of each. To explain the pooled maps, or to spread
    their gradient over the windows, tells worse what the network rests on (docs/evidence.md).
    """
    return LATTICE.format(network=network) if network in OVERLAPPING else None
