"""What was run, as facts that the page puts into words."""

import pandas as pd

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.state import State
from coin_xai.matching.descriptions import library_network
from coin_xai.networks.names import ALIGNED
from coin_xai.report.model import Fact
from tasks.checkpoint import Checkpoint


def facts(
    photographs: pd.DataFrame,
    options: TrainingOptions,
    target: str,
    epoch: int,
    coins: pd.DataFrame,
    checkpoint: Checkpoint,
    alone: int | None = None,
) -> list[Fact]:
    """Return what the page says of how its coins were clustered and explained.

    Args:
        photographs: the table of coins, broken photographs with them.
        options: how the network was trained.
        target: name of what is explained.
        epoch: of the checkpoint.
        coins: the explained coins.
        checkpoint: that is explained.
        alone: how many of the explained coins the network was shown without background; None if it was shown
            every photograph as it is.
    """
    varied = options.augmentation
    learnt = [
        (
            "fact_clustering",
            {
                "k": options.k,
                "way": "@by_angle" if options.trainer == "deepcluster-v2" else f"@by_{options.clustering}",
                "seed": options.seed,
                "profile": options.profile,
            },
        ),
        *_description(options, checkpoint.training),
        *_orientation(options, checkpoint.training),
        *_start(options, checkpoint.training),
        ("fact_learning", {"rate": f"{options.learning_rate:g}", "batch": options.batch_size}),
        (
            "fact_varied",
            {
                "crop": f"{varied.crop_scale_min:.0%}",
                "turn": f"{varied.rotation_deg:g}",
                "mirrored": "@mirrored" if varied.flip else "@never_mirrored",
                "studio": f"{varied.studio:.0%}",
            },
        ),
    ]
    return [
        (
            "fact_photographs",
            {
                "count": len(photographs),
                "broken": int(photographs["error"].notna().sum()),
                "copies": int(photographs["duplicate_of"].notna().sum()),
            },
        ),
        (
            "fact_network",
            {
                "network": options.network,
                "front": _front(options),
                "epochs": epoch,
            },
        ),
        *([] if alone is None else [("fact_background", {"alone": alone, "count": len(coins)})]),
        *(learnt if checkpoint.adopted is None else _adopted(options, coins)),
        ("fact_target", {"target": f"@target_{target}"}),
        ("fact_dead", {"count": int(coins["no_positive_evidence"].sum())}),
        (
            "fact_versions",
            {"versions": ", ".join(f"{name} {number}" for name, number in checkpoint.versions.items())},
        ),
    ]


def _description(options: TrainingOptions, training: State) -> list[Fact]:
    """Return what parts were compared by, where they were."""
    if options.clustering != "matching" or options.description == "auto":
        return []
    if training.get("at_any_angle"):
        return [("fact_description", {"description": "@description_edges"})]
    if library_network(options.description) is not None:
        named = {"description": "@description_library", "network": options.description}
        return [("fact_description", named)]
    return [("fact_description", {"description": f"@description_{options.description}"})]


def _orientation(options: TrainingOptions, training: State) -> list[Fact]:
    """Return how coins lie; nothing where they were taken for upright because they are few."""
    if "at_any_angle" not in training:
        return []
    standing, lying = training.get("standing"), "any" if training.get("at_any_angle") else "upright"
    if standing is not None:
        return [("fact_orientation", {"how": f"@orientation_found_{lying}", "standing": f"{standing:.0%}"})]
    return [] if options.orientation == "auto" else [("fact_orientation", {"how": f"@orientation_{lying}"})]


def _front(options: TrainingOptions) -> str:
    if options.network in ALIGNED:
        return f"@front_cells_{options.front}"
    return f"@front_sobel_{options.sobel_padding}" if options.sobel else "@front_colour"


def _adopted(options: TrainingOptions, coins: pd.DataFrame) -> list[Fact]:
    """Return how far a head from elsewhere and the log beside it belong together."""
    return [
        ("fact_adopted", {"k": options.k}),
        ("fact_head", {"fit": f"{coins['head_agrees'].mean():.1%}"}),
    ]


def _start(options: TrainingOptions, training: State) -> list[Fact]:
    """Return what the network began with, where it made its own clusters afterwards."""
    given = {"given": training.get("given"), "features": training.get("matching")}
    found = next((name for name, value in given.items() if value is not None), None)
    if options.trainer == "deepcluster-v2":
        start = "matching" if options.clustering == "matching" else found or "nothing"
        return [("fact_v2", {"start": f"@start_{start}"})]
    return [("fact_start", {"start": f"@start_{found}"})] if options.clustering == "kmeans" and found else []
