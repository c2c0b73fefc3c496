"""What an explanation can be told; the defaults are what the publications show."""

from typing import Literal, Self

from pydantic import Field

from coin_xai.attribution.methods import ALL_METHODS, METHODS, Method, ShownMethod
from coin_xai.common.options import Options
from coin_xai.common.profiles import TrainerName
from coin_xai.errors import OptionError
from coin_xai.networks.names import ALIGNED, POOLING, NetworkName

_OfNetworks = Literal[
    "hires_cam", "layer_cam", "grad_cam_plus_plus", "finer_cam", "cam", "fem", "gradient", "deconvnet"
]
FurtherMethod = Literal[_OfNetworks, "match"]
TargetName = Literal["logit", "lead", "assignment", "similarity"]


class ExplanationOptions(Options):
    """Everything that changes what an explanation shows."""

    also: tuple[FurtherMethod, ...] = Field(
        (),
        title="Further methods",
        description="Method to show beside HiResCAM, Grad-CAM, Guided Backpropagation and Guided "
        "Grad-CAM. It can be given several times. `match` shows which parts a coin shares with its own "
        "cluster and not with the nearest other one; it is shown unasked where matching made the clusters "
        "and the network is one that sees coins laid over each other (gridnet).",
    )
    target: TargetName | None = Field(
        None,
        title="Target",
        description="What is explained. `logit` is the score of the coin's own cluster, `lead` its "
        "lead over the next one, `assignment` the assignment by k-means itself, and "
        "`similarity` the similarity to the coin's own centroid. If left out, it is the "
        "logit, and for networks that deepcluster-v2 trained the similarity, which is "
        "what they have learnt.",
    )
    full_size: bool = Field(
        False,
        title="Full size",
        description="Draw maps over the original photographs. If off, over copies whose shorter "
        "side has 256 pixels. The originals are decoded again for this.",
    )
    pictures: Literal["jpg", "png"] = Field(
        "jpg",
        title="Pictures",
        description="File format of drawn maps and gradients. png loses nothing and needs four times the "
        "space; the raw maps are kept whichever it is.",
    )

    def methods_for(self, network: NetworkName) -> tuple[Method, ...]:
        """Return all methods to compute of a network, in their order.

        Where maps go into linear layers, the cells of HiResCAM add up to what is explained, but for biases
        (Draelos & Carin 2020). Those of Grad-CAM, which takes the mean of each map's gradient, do not, and
        its heat may lie anywhere. Where maps are pooled, both are the same.
        """
        usual = METHODS if network in POOLING else ("hires_cam", *METHODS)
        return tuple(method for method in ALL_METHODS if method in (*usual, *self.also))

    def shown_for(self, network: NetworkName, *, matched: bool) -> tuple[ShownMethod, ...]:
        """Return all methods to draw of a run, in their order: those of its network, and match maps.

        Args:
            network: of the run.
            matched: whether its clusters are those that matching found.

        Raises:
            OptionError: match maps are asked for, and coins are not laid over each other for this network.
        """
        asked = "match" in self.also
        if asked and network not in ALIGNED:
            raise OptionError(
                f"--also match compares coins that are laid over each other, and {network} is shown "
                f"photographs as they are; train with --network {' or '.join(ALIGNED)} for it"
            )
        methods = self.methods_for(network)
        return (*methods, "match") if asked or (matched and network in ALIGNED) else methods

    def target_for(self, trainer: TrainerName) -> TargetName:
        """Return what to explain of a network that this trainer has trained."""
        if self.target is not None:
            return self.target
        # Finer-CAM has a target of its own, beside which there can be logits alone.
        own = trainer == "deepcluster-v2" and "finer_cam" not in self.also
        return "similarity" if own else "logit"

    def resolved(self, trainer: TrainerName) -> Self:
        """Return the same options with the target that they mean for a network of this trainer."""
        return self.model_copy(update={"target": self.target_for(trainer)})
