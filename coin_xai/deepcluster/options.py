"""What a training can be told, with a reason beside every default.

The defaults are the profile for small collections. Where they leave the published recipe, which was made
for 1.3 million photographs, the description says why.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coin_xai.networks import NetworkName, SobelPadding


class Options(BaseModel):
    """Base of all option models: immutable, and a misspelt name is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Augmentation(Options):
    """How photographs are varied while learning. It decides which statements about a cluster can hold."""

    crop_scale_min: Annotated[float, Field(gt=0, le=1)] = Field(
        0.4,
        title="Smallest crop",
        description="Smallest share of the photograph's area in a random crop. The published 0.08 rarely "
        "shows a whole motif of a coin.",
    )
    flip: bool = Field(
        False,
        title="Mirror",
        description="Mirror half of the photographs. Off, because it teaches the network not to tell left "
        "from right: an axe in canton 3 from one in canton 4.",
    )
    rotation_deg: Annotated[float, Field(ge=0, le=180)] = Field(
        5.0,
        title="Rotation",
        description="Turn by up to this many degrees either way. Small, to forgive how the coin was laid; "
        "90 would teach the network not to tell the horizontal bar from the vertical one.",
    )


class TrainingOptions(Options):
    """Everything that changes the outcome of a training, except for how long it runs."""

    k: Annotated[int, Field(ge=2, le=10_000)] = Field(
        20, title="Clusters", description="How many clusters k-means makes."
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(
        31, title="Seed", description="The one number that all random choices derive from."
    )
    network: NetworkName = Field("alexnet", title="Network")
    width: Annotated[float, Field(gt=0, le=2)] = Field(
        1.0, title="Width", description="Share of the published network's filters and units."
    )
    sobel: bool = Field(
        True,
        title="Sobel front",
        description="Show the network edges instead of colours, so that it cannot cluster by metal.",
    )
    sobel_padding: SobelPadding = Field(
        "replicate",
        title="Sobel padding",
        description="`zeros` is the reference's, and paints a frame around every photograph.",
    )
    centre_crop: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0,
        title="Centre crop",
        description="Side of the central square that the network sees, as a share of the shorter side. The "
        "published 0.875 cuts the rim and the legend off a coin that fills its photograph.",
    )
    pca_dimensions: Annotated[int, Field(ge=2, le=4096)] | None = Field(
        None,
        title="PCA dimensions",
        description="Left empty: min(32, coins / 40). The published 256 turn two thousand coins into noise.",
    )
    kmeans_restarts: Annotated[int, Field(ge=1, le=100)] = Field(
        10, title="k-means restarts", description="The best of so many starts counts; they cost milliseconds."
    )
    kmeans_iterations: Annotated[int, Field(ge=1, le=1000)] = Field(100, title="k-means iterations")
    passes: Annotated[int, Field(ge=1, le=100)] = Field(
        1,
        title="Passes per clustering",
        description="How often the photographs are learnt before they are clustered anew.",
    )
    batch_size: Annotated[int, Field(ge=2, le=4096)] = Field(
        64, title="Batch size", description="Photographs per step of learning."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10)] = Field(
        0.01,
        title="Learning rate",
        description="Constant. On 400 coins the published 0.05 made the partition agree with itself more and "
        "with the motif less from epoch to epoch.",
    )
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.9, title="Momentum", description="Of the backbone; the head, new in every epoch, has none."
    )
    weight_decay: Annotated[float, Field(ge=0, le=1)] = Field(1e-5, title="Weight decay")
    augmentation: Augmentation = Field(default_factory=Augmentation, title="Augmentation")
