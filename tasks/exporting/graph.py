"""The coins as a graph, an edge between two that are alike: GraphML, for Gephi, Cytoscape and NetworkX."""

import io

import networkx
import pandas as pd

from tasks.exporting.explained import ExplainedCoins, printable

MATCH, SAME = "match", "same"


def likeness_graph(explained: ExplainedCoins) -> bytes:
    """Return the graph of coins whose parts match; where none were matched, of those alike in the features.

    Each coin is joined with its most alike ones. `rank` is the better one of the two ways, and `mutual` says
    whether each is among those of the other.
    """
    neighbours = explained.neighbours()
    kind = MATCH if (neighbours["kind"] == MATCH).any() else SAME
    chosen = neighbours[neighbours["kind"] == kind]
    graph = networkx.Graph(name="likeness", made_of="parts that match" if kind == MATCH else "features")
    for row in explained.coins.to_dict("records"):
        graph.add_node(
            printable(row["coin_id"]),
            **{str(printable(name)): _plain(one) for name, one in row.items() if _is_told(one)},
        )
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


def _is_told(value: object) -> bool:
    return value is not None and value == value and value is not pd.NA


def _plain(value: object) -> object:
    return printable(value) if isinstance(value, str | bool | int | float) else printable(str(value))
