"""The coins as a graph, an edge between two that are alike: GraphML, for Gephi, Cytoscape and NetworkX."""

import io

import networkx
import pandas as pd

from tasks.exporting.explained import ExplainedCoins, printable

MATCH = "match"
NO_NAMES = ("self", "node_for_adding")
"""Attributes that NetworkX writes and cannot read."""


def likeness_graph(explained: ExplainedCoins) -> bytes:
    """Return the graph of coins whose parts match; where none were matched, of those alike in the features.

    Each coin is joined with its most alike ones, in its own cluster or not. `rank` is the better one of the
    two ways, and `mutual` says whether each is among those of the other.
    """
    neighbours = explained.neighbours()
    matched = neighbours["kind"] == MATCH
    chosen = neighbours[matched] if matched.any() else _most_alike(neighbours)
    graph = networkx.Graph(name="likeness", made_of="parts that match" if matched.any() else "features")
    for row in explained.coins.to_dict("records"):
        node = printable(row["coin_id"])
        graph.add_node(node)
        graph.nodes[node].update({_named(name): _plain(one) for name, one in row.items() if _is_told(one)})
    for one, other, rank in zip(chosen["coin_id"], chosen["neighbour"], chosen["rank"].tolist(), strict=True):
        ends = (printable(one), printable(other))
        if graph.has_edge(*ends):
            known = graph.edges[ends]
            known.update(rank=min(known["rank"], rank), mutual=True)
        else:
            graph.add_edge(*ends, rank=rank, mutual=False)
    buffer = io.BytesIO()
    networkx.write_graphml(graph, buffer)
    return buffer.getvalue()


def _most_alike(neighbours: pd.DataFrame) -> pd.DataFrame:
    """Return each coin's nearest ones by features: as many as are known of its own cluster, or of others."""
    found = neighbours.sort_values(["coin_id", "similarity"], ascending=[True, False], kind="stable")
    rank = found.groupby("coin_id").cumcount() + 1
    return found.assign(rank=rank)[rank <= neighbours["rank"].max()]


def _named(column: object) -> str:
    name = str(printable(column))
    return f"{name}_" if name in NO_NAMES else name


def _is_told(value: object) -> bool:
    return value is not None and value == value and value is not pd.NA


def _plain(value: object) -> object:
    return printable(value) if isinstance(value, str | bool | int | float) else printable(str(value))
