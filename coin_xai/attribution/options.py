"""What an explanation can be told; the defaults are what the publications show."""

from typing import Literal

from pydantic import Field

from coin_xai.attribution.methods import ALL_METHODS, METHODS, Method
from coin_xai.deepcluster.options import Options

FurtherMethod = Literal[
    "hires_cam", "layer_cam", "grad_cam_plus_plus", "finer_cam", "cam", "fem", "gradient", "deconvnet"
]
TargetName = Literal["logit", "lead", "assignment", "similarity"]


class ExplanationOptions(Options):
    """Everything that changes what an explanation shows."""

    also: tuple[FurtherMethod, ...] = Field(
        (),
        title="Further methods",
        description="Methods to show beside Grad-CAM, Guided Backpropagation and Guided Grad-CAM.",
    )
    target: TargetName = Field(
        "logit",
        title="Target",
        description="What is explained: the logit of the own cluster, its lead over the next one, the "
        "assignment by k-means itself, or the similarity to the own centroid.",
    )
    full_size: bool = Field(
        False,
        title="Full size",
        description="Lay maps over the original photographs, decoded anew, instead of copies whose shorter "
        "side has 256 pixels.",
    )
    pictures: Literal["png", "jpg"] = Field(
        "png",
        title="Pictures",
        description="Format of maps and gradients: png is exact, jpg takes a quarter of the space.",
    )

    @property
    def methods(self) -> tuple[Method, ...]:
        """All methods to compute, in the order to show them."""
        return tuple(method for method in ALL_METHODS if method in (*METHODS, *self.also))
