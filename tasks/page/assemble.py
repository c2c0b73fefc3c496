"""Assemble: everything that the page shows, from the tables and maps of an explanation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.attribution.methods import leading
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.evidence.cluster_maps import lying_alike
from coin_xai.evidence.cluster_table import cluster_table
from coin_xai.evidence.map_agreement import agreement, agreement_by_chance
from coin_xai.evidence.photo_audit import explained_share
from coin_xai.evidence.shared_values import Shared, differing_values, shared_values
from coin_xai.networks.names import ALIGNED
from coin_xai.photographs.quality import MEASURES
from coin_xai.report.model import Claims, Fact, Report, Shown, Strip, Table
from storage.layout import ExplanationLayout, RunLayout, file_stem
from storage.maps import read_maps
from tasks.claims.kept import PARTS_TABLE, read_claims
from tasks.claims.kept import TABLES as OF_CLAIMS
from tasks.collection import open_pixels
from tasks.explaining.attribute import ENGINE
from tasks.explaining.contrast import read_contrasts
from tasks.explaining.explained_coins import MATCHED, Explained
from tasks.explaining.measure import TABLES
from tasks.page.annotate import MARKS, read_annotations
from tasks.page.pictures import atlas
from tasks.photographs.frames import compared_squares_of, squares_of

CAPTIONS = {
    "photograph": "Photograph",
    "hires_cam": "HiResCAM",
    "match": "Match map",
    "grad_cam": "Grad-CAM",
    "layer_cam": "LayerCAM",
    "grad_cam_plus_plus": "Grad-CAM++",
    "finer_cam": "Finer-CAM",
    "cam": "CAM",
    "fem": "FEM",
    "guided_grad_cam": "Guided Grad-CAM",
    "guided_backpropagation": "Guided Backpropagation",
    "deconvnet": "Deconvnet",
    "gradient": "Gradient",
}

RESULTS = (
    "distance",
    "score",
    "margin",
    "stability",
    "purity",
    "match_agreement",
    "cluster_name",
    "runner_up_cluster",
    "recognised",
    "recognised_as",
    "fold",
    "maps_are_evidence",
    "head_cluster",
    "head_agrees",
    "cam_maximum",
    "no_positive_evidence",
)
OF_A_FOREIGN_HEAD = ("head_cluster", "head_agrees")
"""A head of ours is made from the very assignments that these compare it with."""
PHOTO = "photo_"
UNSHOWN = (
    *("coin_id", "path", "cluster", "class_index"),
    *(*MATCHED, ENGINE),
    *("sha256", "format", "error", "duplicate_of", "photograph_note"),
)
"""Columns of ours that tell a numismatist nothing."""


def assemble(
    layout: RunLayout,
    explanation: ExplanationLayout,
    explained: Explained,
    *,
    adopted: bool,
    training: TrainingOptions,
    facts: Sequence[Fact],
    warnings: Sequence[str],
    metrics: pd.DataFrame,
    outlines: Sequence[npt.NDArray[np.floating] | None],
    broken: pd.DataFrame,
    failed: Sequence[tuple[str, str]],
) -> Report:
    """Return what the page is made of.

    Args:
        layout: the run.
        explanation: of the run, with the tables of `measure`.
        explained: the coins that are explained.
        adopted: whether another program trained the network.
        training: how the network was trained.
        facts, warnings, metrics, outlines, broken, failed: as in the report.
    """
    tables = {name: pd.read_parquet(explanation.page_tables / f"{name}.parquet") for name in TABLES}
    measured = tables["measures"].set_index("coin_id").loc[explained.coins["coin_id"]]
    quality = measured[list(MEASURES)].reset_index(drop=True)
    # The prefix keeps them apart from columns of the table of coins, which may well have a background, too.
    coins = explained.coins.join(quality.add_prefix(PHOTO)).assign(purity=measured["purity"].to_numpy())
    pixels = open_pixels(layout, coins)
    sheet, tile, across = atlas(pixels)
    cluster = coins["cluster"].to_numpy()
    names, features = read_maps(explanation.page_tables / "features.parquet")
    row = {coin_id: position for position, coin_id in enumerate(names)}
    clusters = cluster_table(
        coins,
        cams=explained.heats[leading(explained.heats)],
        quality=quality,
        features=features["feature"].astype(np.float32)[[row[coin_id] for coin_id in coins["coin_id"]]],
        alike=_lying_alike(measured, cluster, training),
    )
    if explained.recognition is not None:
        verdicts = explained.recognition.clusters.drop(columns="size")
        clusters = clusters.merge(verdicts, on="cluster", how="left", validate="one_to_one")
    if "match" in explained.heats:
        coins, clusters = _with_agreement(coins, clusters, explained, seed=training.seed)
    groups = _groups(coins, adopted=adopted)
    clusters = _in_words(clusters, coins, [name for name, group in groups.items() if group == "table"])
    shares = [explained_share(quality[name].to_numpy(), cluster) for name in MEASURES]
    claims = read_claims(explanation)
    return Report(
        title=layout.root.name,
        explanation=explanation.root.name,
        clusters=clusters,
        coins=coins,
        groups=groups,
        recognition=explained.recognition,
        shown=_shown(explained),
        heats=explained.heats,
        stems=[file_stem(coin_id) for coin_id in coins["coin_id"]],
        aspect=pixels.width / pixels.height,
        squares=squares_of(layout, coins, pixels, training),
        compared=compared_squares_of(layout, coins, pixels),
        planes={name: measured[[f"{name}_x", f"{name}_y"]].to_numpy() for name in ("tsne", "pca")},
        neighbours=tables["neighbours"],
        history=tables["history"],
        concepts=_strips(explanation, coins),
        contrasts=[
            one for one in read_contrasts(explanation) if {one.cluster, one.rival} <= set(cluster.tolist())
        ],
        notes=_notes(layout, explanation, coins),
        claims=claims,
        audit=pd.DataFrame(shares, columns=["explained", "by_chance"]).assign(measure=list(MEASURES)),
        cleaning=tables["cleaning"][tables["cleaning"]["coin_id"].isin(row)],
        tables=_tables(explanation, recognition=explained.recognition is not None, claims=claims),
        atlas=(sheet, tile, across),
        pictures_bytes=_weight(
            explanation.page_tables,
            explanation.page_contrasts,
            *(explanation.page_pictures(one) for one in set(cluster)),
        ),
        facts=facts,
        warnings=warnings,
        metrics=metrics,
        outlines=outlines,
        broken=broken,
        failed=failed,
    )


def _lying_alike(
    measured: pd.DataFrame, cluster: npt.NDArray[np.int64], training: TrainingOptions
) -> npt.NDArray[np.bool_]:
    """Return which coins lie like most of their cluster in what the network was shown (N)."""
    alike = np.ones(len(cluster), dtype=bool)
    if training.network in ALIGNED:  # they were laid over each other
        return alike
    across, down, radius = (measured[name].to_numpy() for name in ("across", "down", "radius"))
    for one in np.unique(cluster):
        own = cluster == one
        alike[own] = lying_alike(across[own], down[own], radius[own])
    return alike


def _in_words(clusters: pd.DataFrame, coins: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Add what the coins of each cluster share in the terms of the table."""
    cluster = coins["cluster"].to_numpy()
    rival = {
        int(one): near[0][0]
        for one, near in zip(clusters["cluster"], clusters["nearest"], strict=True)
        if near
    }
    shared = shared_values(coins, cluster, columns)
    differing = differing_values(coins, cluster, columns, rival)
    ids = clusters["cluster"].tolist()
    return clusters.assign(
        shared=pd.Series([shared[one] for one in ids], dtype=object),
        # What no other cluster shares needs not be said again of one.
        differing=pd.Series([_not_in(differing.get(one, []), shared[one]) for one in ids], dtype=object),
    )


def _not_in(shared: Sequence[Shared], said: Sequence[Shared]) -> list[Shared]:
    values = {(one.column, one.value) for one in said}
    return [one for one in shared if (one.column, one.value) not in values]


def _with_agreement(
    coins: pd.DataFrame, clusters: pd.DataFrame, explained: Explained, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add how far the maps of the network agree with those of the matching, to coins and clusters."""
    heats, cluster = explained.heats, coins["cluster"]
    lead, match = heats[leading(heats)], heats["match"]
    coins = coins.assign(match_agreement=agreement(lead, match))
    by_chance = agreement_by_chance(lead, match, cluster.to_numpy(), seed=seed)
    figures = coins.assign(match_agreement_by_chance=by_chance).groupby("cluster")
    names = ["match_agreement", "match_agreement_by_chance", "purity"]
    return coins, clusters.merge(figures[names].mean(), left_on="cluster", right_index=True, how="left")


def _weight(*folders: Path) -> int:
    return sum(path.stat().st_size for folder in folders for path in folder.iterdir())


def _groups(coins: pd.DataFrame, *, adopted: bool) -> dict[str, str]:
    known = {
        **dict.fromkeys(RESULTS, "result"),
        **dict.fromkeys((PHOTO + name for name in MEASURES), "quality"),
    }
    return {
        str(name): known.get(str(name), "table")
        for name in coins.columns
        if name not in UNSHOWN and (adopted or name not in OF_A_FOREIGN_HEAD) and coins[name].notna().any()
    }


def _shown(explained: Explained) -> list[Shown]:
    gradients = [*explained.gradients]
    if "guided_backpropagation" in gradients:
        gradients.insert(0, "guided_grad_cam")
    return [
        Shown("photograph", CAPTIONS["photograph"], "photograph"),
        *(Shown(name, CAPTIONS[name], "heat") for name in CAPTIONS if name in explained.heats),
        *(Shown(name, CAPTIONS[name], "gradient") for name in CAPTIONS if name in gradients),
    ]


def _strips(explanation: ExplanationLayout, coins: pd.DataFrame) -> dict[int, Strip]:
    names, columns = read_maps(explanation.page_tables / "concepts.parquet")
    cluster_of = dict(zip(coins["coin_id"], coins["cluster"], strict=True))
    rows: dict[int, list[int]] = {}
    for position, coin_id in enumerate(names):
        if coin_id in cluster_of:  # the clusters of the others failed
            rows.setdefault(int(cluster_of[coin_id]), []).append(position)
    return {
        cluster: Strip(
            coins=[names[position] for position in own],
            places=columns["places"].astype(np.float32)[own].transpose(1, 0, 2, 3),
            share=columns["share"][own].mean(axis=0),
            explained=float(columns["explained"][own[0]]),
        )
        for cluster, own in sorted(rows.items())
    }


def _notes(layout: RunLayout, explanation: ExplanationLayout, coins: pd.DataFrame) -> pd.DataFrame:
    """Return what was noted of this explanation, as far as it is about what is shown.

    A cluster that nobody noted anything of bears the name that it was given.
    """
    notes = read_annotations(layout)
    about_shown = notes["coin_id"].isna() | notes["coin_id"].isin(set(coins["coin_id"]))
    noted = notes[(notes["explanation"] == explanation.root.name) & about_shown]
    if "cluster_name" not in coins:
        return noted
    called = coins.drop_duplicates("cluster").set_index("cluster")["cluster_name"].sort_index()
    known = noted.loc[noted["about"] == "cluster", "cluster"].astype("int64")
    rows = [
        {"explanation": explanation.root.name, "about": "cluster", "cluster": cluster, "name": name}
        | dict.fromkeys(MARKS, False)
        for cluster, name in called.items()
        if cluster not in set(known)
    ]
    return pd.DataFrame([*noted.to_dict("records"), *rows], columns=noted.columns)


def _tables(explanation: ExplanationLayout, *, recognition: bool, claims: Claims | None) -> list[Table]:
    folder = explanation.page_tables.relative_to(explanation.root).as_posix()
    answers = explanation.page_claims.relative_to(explanation.root).as_posix()

    def both(key: str, stem: str) -> Table:
        return Table(key, [("CSV", f"{stem}.csv"), ("Parquet", f"{stem}.parquet")])

    return [
        both("table_coins", "page/app/coins"),
        both("table_clusters", "page/app/clusters"),
        *([both("table_recognition", "page/app/recognition")] if recognition else []),
        *(both(f"table_{name}", f"{folder}/{name}") for name in TABLES),
        *(both(f"table_claims_{name}", f"{answers}/{name}") for name in OF_CLAIMS if claims),
        *(
            [Table("table_claims_parts", [("CSV", f"{answers}/{PARTS_TABLE}")])]
            if claims and claims.parts_table
            else []
        ),
        both("table_audit", "page/app/audit"),
        Table("table_features", [("Parquet", f"{folder}/features.parquet")]),
        Table("table_manifest", [("JSON", explanation.manifest.name)]),
    ]
