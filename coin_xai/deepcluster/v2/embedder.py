"""A network and the projection behind it: from views of coins to points on a sphere."""

from typing import Self

import torch
from torch import Tensor, nn

from coin_xai.deepcluster.v2.projection import Projection
from coin_xai.networks import Network, normalise
from coin_xai.optimisation.precision import Precision, computing_in


class Embedder(nn.Module):
    """What DeepCluster-v2 trains."""

    def __init__(self, network: Network, projection: Projection, *, precision: Precision) -> None:
        """Bind both; they stay where they are."""
        super().__init__()
        self.network, self.projection, self.precision = network, projection, precision

    def parameters_that_learn(self) -> list[nn.Parameter]:
        """Return the weights of both, without the head."""
        return [*self.network.backbone(), *self.projection.parameters()]

    def learning(self) -> Self:
        """Go into training mode, without dropout.

        What a step leaves in the bank is clustered as it is: dropout would be noise on it that nothing
        averages away. Views of the same coin differ enough.
        """
        self.train()
        for part in self.network.modules():
            if isinstance(part, nn.Dropout):
                part.eval()
        return self

    def forward(self, large: Tensor, small: Tensor) -> Tensor:
        """Return the embeddings (n (2 + s) x d) of all large views, coin by coin, then of all small ones.

        Args:
            large: uint8, n x 2 x 3 x S x S.
            small: uint8, n x s x 3 x S' x S'; s may be 0.
        """
        with computing_in(self.precision, large.device):
            features = [
                self.network.penultimate(normalise(views.flatten(0, 1)))
                for views in (large, small)
                if views.shape[1]
            ]
        embeddings: Tensor = self.projection(self.network.rectifier(torch.cat(features).float()))
        return embeddings
