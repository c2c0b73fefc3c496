"""A small report: two clusters of three and two coins, for tests of the page."""

import math

import numpy as np
import pandas as pd

from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import Answers, Finding, Series
from coin_xai.evidence.recognition_tables import Recognised, recognition_tables
from coin_xai.photographs.quality import MEASURES
from coin_xai.photographs.square import Square
from coin_xai.report.model import Against, Claims, Report, Shown, Strip, Table

HOSTILE = "<script>alert('coin')</script>\"&"
PIXEL = bytes.fromhex("ffd8ffd9")


def coins(names=("MC_0001_R", "MC_0002_R", "MC_0003_R", "MC_0004_R", "MC_0005_R"), **columns):
    count = len(names)
    table = {
        "coin_id": list(names),
        "path": [f"{number}.jpg" for number in range(count)],
        "cluster": [4, 4, 4, 7, 7][:count],
        "distance": [0.3, 0.1, 0.2, 0.5, 0.4][:count],
        "score": [8.7, 8.9, 8.8, 8.5, 8.6][:count],
        "margin": [1.25, 2.0, 0.5, 3.0, 4.0][:count],
        "runner_up_cluster": pd.array([7, 7, None, 4, 4][:count], dtype="Int64"),
        "cam_maximum": 0.0321,
        "no_positive_evidence": [False, False, True, False, False][:count],
        "metal": ["silver", None, "bronze", "silver", "silver"][:count],
        **dict.fromkeys((f"photo_{name}" for name in MEASURES), 0.5),
        **columns,
    }
    return pd.DataFrame(table)


def clusters():
    def row(number, size, **other):
        return {
            "cluster": number,
            "class_index": 0,
            "size": size,
            "mean_of": size,
            "no_positive_evidence": 0,
            "mean_map": np.ones((2, 2)),
            "profile": np.ones(6),
            "standing": dict.fromkeys(MEASURES, 0.25),
            "nearest": [(11 - number, 0.5)],
            **other,
        }

    return pd.DataFrame([row(7, 2), row(4, 3, no_positive_evidence=1)])


def recognition(repeated="head"):
    """Five coins, of which the network recognises four."""
    cluster = np.array([4, 4, 4, 7, 7])
    found = Recognised(
        cluster=cluster,
        fold=np.arange(5),
        repeated=repeated,
        network=np.array([4, 4, 7, 7, 7]),
        hog=np.array([4, 4, 4, 7, 4]),
        untrained=np.array([4, 4, 7, 7, 4]),
        dealt=np.array([4, 7, 4, 4, 7]),
        shuffled=np.array([4, 4, 4, 7, 4]),
        neighbours=cluster,
    )
    return recognition_tables(coins()["coin_id"].tolist(), found)


def judged(tables):
    return clusters().merge(tables.clusters.drop(columns="size"), on="cluster")


def finding(number=1, **other):
    """A claim whose effect is .5, between .4 and .6, beside a control."""
    content = {
        "claim": "The cross is a global feature.",
        "measure": "share of the lead",
        "effect": Estimate(0.5, 0.4, 0.6, 100),
        "margin": 0.2,
        "beyond": {"shuffled": Estimate(0.45, 0.3, 0.55, 100)},
        "verdict": "supported",
        "reason": "it surely exceeds the margin",
        "also": {"foretold": 0.123456, "explained": math.nan},
        "deciding": ["MC_0002_R", "MC_0001_R"],
        "controls": {"shuffled": Estimate(0.05, 0.0, 0.1, 100)},
        "series": Series("mean richness, by cluster", {"cluster 4": Estimate(0.5, 0.4, 0.6, 12)}),
        **other,
    }
    return Finding(number, **content)


def claims(*findings, lacking=None, surely=(), runs=("a run",), **other):
    answers = Answers(findings, lacking or {}, frozenset(surely))
    return Claims(
        answers=answers,
        **{"parts": "cross", **other},
        runs=list(runs),
        methods="Claims were tested.",
        hidden={(1, "MC_0001_R"): ("pictures/1-a b-before.webp", "pictures/1-a b-after.webp")},
    )


def report(**other):
    table = other.pop("coins", coins())
    count = len(table)
    heat = np.arange(count * 4, dtype=float).reshape(count, 2, 2)
    content = {
        "title": "a run",
        "explanation": "abc123",
        "facts": [("fact_dead", {"count": 1})],
        "warnings": [],
        "recognition": None,
        "metrics": pd.DataFrame({"epoch": [0, 1], "ami_to_previous": [None, 0.5]}),
        "clusters": clusters(),
        "coins": table,
        "groups": {"distance": "result", "margin": "result", "metal": "table", "photo_sharpness": "quality"},
        "shown": [
            Shown("photograph", "Photograph", "photograph"),
            Shown("grad_cam", "Grad-CAM", "heat"),
            Shown("guided_grad_cam", "Guided Grad-CAM", "gradient"),
        ],
        "heats": {"grad_cam": heat},
        "stems": list(table["coin_id"]),
        "aspect": np.ones(count),
        "squares": [Square(0, 0, 1)] * count,
        "compared": [Square(0, 0, 1)] * count,
        "outlines": [None] * count,
        "planes": {"tsne": np.zeros((count, 2)), "pca": np.ones((count, 2))},
        "neighbours": pd.DataFrame(
            {
                "coin_id": ["MC_0001_R", "MC_0001_R", "MC_0001_R"],
                "kind": ["same", "same", "other"],
                "rank": [2, 1, 1],
                "neighbour": ["MC_0003_R", "MC_0002_R", "MC_0005_R"],
                "similarity": [0.8, 0.9, 0.7],
            }
        ),
        "history": pd.DataFrame(
            {
                "coin_id": ["MC_0001_R", "MC_0002_R", "MC_0001_R"],
                "epoch": [0, 0, 1],
                "cluster": [3, 2, 4],
                "kept_company": [0.25, 0.5, 1.0],
            }
        ),
        "concepts": {4: Strip(["MC_0002_R"], np.ones((2, 1, 2, 2)), np.array([0.75, 0.25]), 0.9)},
        "contrasts": [
            Against(4, 7, ["MC_0002_R"], np.full((1, 2, 2), 0.5)),
            Against(7, 4, ["MC_0005_R"], np.zeros((1, 2, 2))),
        ],
        "audit": pd.DataFrame({"measure": list(MEASURES), "explained": 0.31, "by_chance": 0.02}),
        "cleaning": pd.DataFrame(
            {"coin_id": [], "reason": [], "measure": [], "value": [], "other_coin_id": []}
        ),
        "notes": pd.DataFrame({"about": []}),
        "claims": None,
        "broken": pd.DataFrame({"path": [], "error": []}),
        "failed": [],
        "tables": [Table("table_coins", [("CSV", "page/app/coins.csv")])],
        "atlas": (PIXEL, 48, 3),
        "pictures_bytes": 1000,
        **other,
    }
    return Report(**content)
