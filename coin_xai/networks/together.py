"""Several networks that are asked about the same photographs: what they have in common is computed once."""

from collections.abc import Sequence

from torch import Tensor

from coin_xai.networks.gridnet import GridNet
from coin_xai.networks.network import Network


def logits_of(networks: Sequence[Network], photographs: Tensor) -> list[Tensor]:
    """Return what each network says of some photographs (N x k each).

    Networks that share all layers but the head have the same features; grid networks that share a front see
    the same cells.

    Args:
        networks: in evaluation mode, on the device of the photographs.
        photographs: normalised (N x 3 x input_size_px x input_size_px).
    """
    cells: dict[int, Tensor] = {}
    features: dict[tuple[int, ...], Tensor] = {}
    logits = []
    for network in networks:
        layers = tuple(id(layer) for name, layer in network.named_children() if name != "head")
        if layers not in features:
            features[layers] = network.rectifier(_penultimate(network, photographs, cells))
        logits.append(network.head(features[layers]))
    return logits


def _penultimate(network: Network, photographs: Tensor, cells: dict[int, Tensor]) -> Tensor:
    """Return the features before the last rectifier (N x units); `cells` keeps those of each front."""
    if not isinstance(network, GridNet):
        return network.penultimate(photographs)
    if id(network.front) not in cells:
        cells[id(network.front)] = network.front(photographs)
    return network.from_cells(cells[id(network.front)])
