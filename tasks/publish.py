"""Publish: the page and, last of all, the manifest."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from coin_xai.attribution import ALGORITHM_VERSION
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.warnings import warnings
from coin_xai.report.page import Report, render
from storage import checkpoints, runs
from storage.atomic import write_bytes
from storage.layout import ExplanationLayout
from storage.manifest import write_manifest
from storage.maps import read_maps
from storage.markers import read_marker
from tasks.collection import chunks
from tasks.load import picture_name
from tasks.steps import step

CAPTIONS = (
    ("photograph", "Photograph"),
    ("grad_cam", "Grad-CAM"),
    ("guided_grad_cam", "Guided Grad-CAM"),
)


@step(name="publish")
def publish(
    run: Path, explanation: str, *, epoch: int, options: ExplanationOptions, failures: list[tuple[str, str]]
) -> dict[str, Any]:
    """Write page and manifest, and make `latest` point to this explanation.

    Returns:
        The numbers of coins and clusters shown.
    """
    layout = runs.find(run)
    files = layout.explanation(explanation)
    content = checkpoints.load(layout, epoch)
    coins = _explained_coins(files, epoch, options.pictures)
    if coins.empty:
        # Every cluster failed; the flow says why. A page of before would tell of pictures that are gone.
        files.manifest.unlink(missing_ok=True)
        files.report.unlink(missing_ok=True)
        return {"coins": 0, "clusters": 0}
    clusters = _clusters(coins, epoch)
    metrics = pd.read_csv(layout.metrics)
    metrics = metrics[metrics["epoch"] <= epoch]
    everything = pd.read_parquet(layout.coins)
    training = TrainingOptions.model_validate(content["options"])
    rows = [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in metrics.to_dict("records")
    ]
    report = Report(
        title=layout.root.name,
        facts=_facts(everything, training, epoch, coins, content),
        warnings=warnings(rows, n_coins=len(coins), k=training.k),
        metrics=metrics,
        clusters=clusters,
        coins=coins,
        methods=CAPTIONS,
        broken=everything.loc[everything["error"].notna(), ["path", "error"]],
        failed=failures,
        links=(("table as CSV", files.assignments_csv.name), ("manifest", files.manifest.name)),
    )
    write_bytes(files.report, render(report).encode())
    write_manifest(
        files,
        {
            "run": runs.read_record(layout),
            "epoch": epoch,
            "checkpoint_sha256": checkpoints.hash_of(layout, epoch),
            "attribution": {"algorithm": ALGORITHM_VERSION, "options": options.model_dump(mode="json")},
            "versions": content["versions"],
            "failures": [list(failure) for failure in failures],
        },
    )
    runs.point_latest_to(layout, files.root)
    return {"coins": len(coins), "clusters": len(clusters)}


def _explained_coins(files: ExplanationLayout, epoch: int, pictures: str) -> pd.DataFrame:
    """Return the assignments of all coins that have pictures, with what was measured and where they lie."""
    assignments = pd.read_parquet(files.assignments)
    measured = []
    for chunk in chunks(files, sorted(assignments["cluster"].unique())):
        folder, maps = files.pictures(epoch, chunk.cluster), files.maps(chunk.cluster, chunk.number)
        if read_marker(folder) is None or read_marker(maps) is None:
            continue
        coin_ids, columns = read_maps(maps / "maps.parquet")
        address = quote(folder.relative_to(files.root).as_posix())
        rows = {
            "coin_id": coin_ids,
            "cam_maximum": columns["grad_cam_maximum"],
            "no_positive_evidence": columns["no_positive_evidence"],
        }
        for kind, _caption in CAPTIONS:
            rows[kind] = [
                f"{address}/{quote(picture_name(coin_id, kind, pictures=pictures))}" for coin_id in coin_ids
            ]
        measured.append(pd.DataFrame(rows))
    found = pd.concat(measured) if measured else pd.DataFrame({"coin_id": []})
    return assignments.merge(found, on="coin_id", how="inner", validate="one_to_one")


def _clusters(coins: pd.DataFrame, epoch: int) -> pd.DataFrame:
    groups = coins.groupby("cluster", as_index=False)
    clusters = groups.agg(
        class_index=("class_index", "first"),
        size=("coin_id", "size"),
        head_fit=("head_agrees", "mean"),
        no_positive_evidence=("no_positive_evidence", "sum"),
    )
    return clusters.assign(folder=[f"results/{epoch}/{cluster}/" for cluster in clusters["cluster"]])


def _facts(
    photographs: pd.DataFrame,
    options: TrainingOptions,
    epoch: int,
    coins: pd.DataFrame,
    content: dict[str, Any],
) -> list[tuple[str, str]]:
    broken = int(photographs["error"].notna().sum())
    duplicates = int(photographs["duplicate_of"].notna().sum())
    varied = options.augmentation
    front = f", Sobel front ({options.sobel_padding} padding)" if options.sobel else ", in colour"
    return [
        ("photographs", f"{len(photographs)}, {broken} of them unusable, {duplicates} copies of others"),
        ("network", f"{options.network}{front}, {epoch} epochs learnt"),
        ("clusters", f"k = {options.k}, seed {options.seed}"),
        ("learning", f"rate {options.learning_rate:g}, batches of {options.batch_size}"),
        (
            "varied by",
            f"crops of {varied.crop_scale_min:.0%} to 100% of the area, turns of up to "
            f"{varied.rotation_deg:g}°, {'mirrored' if varied.flip else 'never mirrored'}",
        ),
        ("head", f"knows the cluster of {coins['head_agrees'].mean():.1%} of the coins"),
        ("no evidence", f"{int(coins['no_positive_evidence'].sum())} coins with an all-negative Grad-CAM"),
        ("versions", ", ".join(f"{name} {number}" for name, number in content["versions"].items())),
    ]
