"""What an explanation can be told; the defaults are what the publications show."""

from typing import Literal, Self

from pydantic import Field

from coin_xai.attribution.methods import ALL_METHODS, METHODS, Method
from coin_xai.common.options import Options
from coin_xai.common.profiles import TrainerName
from coin_xai.networks.names import POOLING, NetworkName

FurtherMethod = Literal[
    "hires_cam", "layer_cam", "grad_cam_plus_plus", "finer_cam", "cam", "fem", "gradient", "deconvnet"
]
TargetName = Literal["logit", "lead", "assignment", "similarity"]


class ExplanationOptions(Options):
    """Everything that changes what an explanation shows."""

    also: tuple[FurtherMethod, ...] = Field(
        (),
        title="Further methods",
        description="Method to show beside HiResCAM, Grad-CAM, Guided Backpropagation and Guided "
        "Grad-CAM. It can be given several times.",
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
    pictures: Literal["png", "jpg"] = Field(
        "png",
        title="Pictures",
        description="File format of maps and gradients. png is exact; jpg needs a quarter of the space.",
    )

    def methods_for(self, network: NetworkName) -> tuple[Method, ...]:
        """Return all methods to compute and draw of a network, in their order.

        Where maps go into linear layers, the cells of HiResCAM add up to what is explained, but for biases
        (Draelos & Carin 2020). Those of Grad-CAM, which takes the mean of each map's gradient, do not, and
        its heat may lie anywhere. Where maps are pooled, both are the same.
        """
        usual = METHODS if network in POOLING else ("hires_cam", *METHODS)
        return tuple(method for method in ALL_METHODS if method in (*usual, *self.also))

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
