"""The data of a page as plain values, for the scripts beside it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps

from coin_xai.photographs.square import Square
from coin_xai.pictures.heatmaps import COLD_SHARE, colour_table
from coin_xai.report.data import Heat, base64_of, column, heat
from coin_xai.report.model import Report
from coin_xai.report.sentences import reason_in
from coin_xai.report.words import LANGUAGES

SCRIPTS = (
    "element.js",
    "table.js",
    "settings.js",
    "heat.js",
    "frame.js",
    "notes.js",
    "card.js",
    "bars.js",
    "strips.js",
    "cluster.js",
    "coin.js",
    "coins.js",
    "notes_page.js",
    "map_pen.js",
    "map.js",
    "claims.js",
    "main.js",
)
"""In the order that they build on each other."""

OPACITY = 0.6
"""Of the greatest heat, as in the pictures in the folder of results."""

LEAST_TURN_DEG = 1
STRIP_COINS = 8
OF_MATCHES = ("own", "other", "other_cluster")
MATCHING = ("purity", "match_agreement", "match_agreement_by_chance")
VERDICT = ("recognition", "low", "high", "hog", "untrained", "shuffled", "evidence")
MARKS = ("selected", "poor_photograph", "wrong_cluster")


def page_data(report: Report) -> dict[str, object]:
    """Return everything but maps and words."""
    coins = report.coins
    groups = {"coin_id": "identity", "path": "identity", "cluster": "result", **report.groups}
    return {
        "run": report.title,
        "explanation": report.explanation,
        "key": f"coin-xai:{report.title}:{report.explanation}",
        "maximum": "cam_maximum",
        "squares": [_square(*one) for one in zip(report.squares, report.aspect, strict=True)],
        "turns": _turns(report),
        "outlines": [_outline(corners) for corners in report.outlines],
        "opacity": OPACITY,
        "cold_share": COLD_SHARE,
        "colours": {"usual": base64_of(colour_table()), "blind": base64_of(_cividis())},
        "methods": [method._asdict() for method in report.shown],
        "columns": [column(coins[name], group=group) for name, group in groups.items() if name in coins],
        "files": list(report.stems),
        "aspect": report.aspect,
        "planes": {name: {"x": plane[:, 0], "y": plane[:, 1]} for name, plane in report.planes.items()},
        "atlas": None if report.atlas is None else {"tile": report.atlas[1], "across": report.atlas[2]},
        "upper_bound": report.recognition is None or report.recognition.upper_bound,
        "clusters": [_cluster(row) for row in by_size(report.clusters)],
        "neighbours": {kind: _neighbours(report, kind) for kind in ("match", "same", "other")},
        "matched": {
            name: coins[f"match_{name}"].to_numpy() for name in OF_MATCHES if f"match_{name}" in coins
        },
        "history": _history(report),
        "notes": _notes(report.notes),
    }


def heat_data(report: Report) -> dict[str, Heat]:
    """Return the raw maps of all coins, by method."""
    return {name: heat(maps) for name, maps in report.heats.items()}


def concepts_data(report: Report) -> dict[str, object]:
    """Return the concepts of all clusters, on one scale for each concept of a cluster."""
    grid = next((list(strip.places.shape[2:]) for strip in report.concepts.values()), [1, 1])
    return {
        "grid": grid,
        "clusters": {
            cluster: {
                "coins": list(strip.coins[:STRIP_COINS]),
                "share": strip.share,
                "explained": strip.explained,
                "places": base64_of(_steps(strip.places[:, :STRIP_COINS])),
            }
            for cluster, strip in report.concepts.items()
        },
    }


def contrasts_data(report: Report) -> dict[str, dict[str, object]]:
    """Return what tells clusters apart, by pair of clusters."""
    return {
        f"{one.cluster}>{one.rival}": {"coins": list(one.coins), **heat(one.maps)} for one in report.contrasts
    }


def by_size(clusters: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a table of clusters, the largest first."""
    ordered = clusters.sort_values(["size", "cluster"], ascending=[False, True], kind="stable")
    return [{str(name): value for name, value in row.items()} for row in ordered.to_dict("records")]


def _cluster(row: dict[str, object]) -> dict[str, object]:
    mean = np.asarray(row["mean_map"])
    figures = ("size", "mean_of", "no_positive_evidence", "stability", *VERDICT, *MATCHING)
    kept = ("cluster", *figures, "profile", "standing", "nearest", "shared", "differing")
    shown = {name: row[name] for name in kept if name in row}
    if "reason" in row:
        shown["reason"] = {one: reason_in(str(row["reason"]), one) for one in LANGUAGES}
    return {**shown, "mean_map": heat(mean[None])["steps"], "mean_maximum": mean.max()}


def _square(square: Square, aspect: float) -> list[float]:
    """Return left, top, width and height in per cent of the frame, and the turn in degrees."""
    shares = (square.left, square.top * aspect, square.side, square.side * aspect)
    return [*(round(100 * share, 2) for share in shares), round(square.turn_deg, 2)]


def _turns(report: Report) -> list[list[float]] | None:
    """Return about which place, in per cent of the frame, each coin was turned, and by how many degrees.

    None where no coin was turned so far that anybody sees it.
    """
    squares = report.compared or []
    if not any(abs(square.turn_deg) >= LEAST_TURN_DEG for square in squares):
        return None
    return [
        [
            round(100 * (square.left + square.side / 2), 2),
            round(100 * (square.top + square.side / 2) * float(aspect), 2),
            round(square.turn_deg, 1),
        ]
        for square, aspect in zip(squares, report.aspect, strict=True)
    ]


def _neighbours(report: Report, kind: str) -> dict[str, object]:
    """Return positions and similarities of the nearest coins of each coin, as far as they are shown."""
    place = {coin_id: position for position, coin_id in enumerate(report.coins["coin_id"])}
    position: list[list[int]] = [[] for _ in place]
    similarity: list[list[float]] = [[] for _ in place]
    rows = report.neighbours[report.neighbours["kind"] == kind].sort_values("rank", kind="stable")
    for coin, other, value in zip(rows["coin_id"], rows["neighbour"], rows["similarity"], strict=True):
        if coin in place and other in place:
            position[place[coin]].append(place[other])
            similarity[place[coin]].append(float(value))
    return {"position": position, "similarity": similarity}


def _history(report: Report) -> dict[str, object]:
    """Return by epoch the cluster of each coin then, and how many per cent of its company are the same."""
    groups = list(report.history.groupby("epoch", sort=True))
    order = report.coins["coin_id"]
    tables = [rows.set_index("coin_id").reindex(order) for _, rows in groups]
    return {
        "epochs": [epoch for epoch, _ in groups],
        "cluster": [table["cluster"].to_numpy(dtype=np.float64) for table in tables],
        "kept": [(100 * table["kept_company"]).round().to_numpy(dtype=np.float64) for table in tables],
    }


def _notes(notes: pd.DataFrame) -> dict[str, list[tuple[str, dict[str, object]]]]:
    """Return what was noted as pairs, since a coin may be called `__proto__`."""
    found: dict[str, list[tuple[str, dict[str, object]]]] = {"coin": [], "cluster": []}
    for row in notes.to_dict("records"):
        said = {name: row[name] for name in ("name", "note") if isinstance(row[name], str)}
        marks = {name: True for name in MARKS if row[name]}
        name = row["coin_id"] if row["about"] == "coin" else str(row["cluster"])
        found[row["about"]].append((name, said | marks))
    return found


def _outline(corners: npt.NDArray[np.floating] | None) -> str:
    """Return the corners of a polygon in 256 steps of the frame, across and down, as base64; "" for none."""
    return "" if corners is None else base64_of(np.rint(255 * corners.clip(0, 1)).astype(np.uint8))


def _steps(places: npt.NDArray[np.floating]) -> Any:
    most = places.reshape(len(places), -1).max(axis=1, initial=0)
    scaled = places / np.where(most > 0, most, 1)[:, None, None, None]
    return np.rint(255 * scaled).astype(np.uint8)


def _cividis() -> Any:
    # Readable with every kind of colour-blindness, and grey keeps its order (Nuñez et al. 2018).
    return np.rint(255 * colormaps["cividis"](np.linspace(0, 1, 256))[:, :3]).astype(np.uint8)
