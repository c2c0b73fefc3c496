"""What a bundle holds, for people who come upon it in an archive."""

from collections.abc import Collection

CONTENTS = {
    "report.html": "the page: open it in a browser; it needs the folder `page` beside it and no network",
    "page/app/coins.csv": "one row a coin: cluster, score, margin, and what the table of coins says of it",
    "page/app/coins.parquet": "the same as Parquet",
    "page/app/clusters.csv": "one row a cluster: size, stability, recognition, typical coins",
    "page/app/clusters.parquet": "the same as Parquet",
    "page/claims/verdicts.csv": "one row a claim about the network: number, interval, controls, verdict",
    "page/claims/verdicts.parquet": "the same as Parquet",
    "page/claims/parts.csv": "the parts of coins as somebody has marked them in a table",
    "page/claims/methods.txt": "how claims were tested, to be pasted into a paper",
    "manifest.json": "every file of the explanation with its SHA-256, and what it was made from",
    "run.json": "photographs and options of the run",
    "photographs.sha256": "names and SHA-256 of all photographs",
    "CITATION.cff": "how to cite this data set and the software",
    "REPRODUCE.md": "how to make it once more",
    "README.md": "what lies where",
}
"""Files that are named one by one, as far as they are there, in the order of their use."""

TEXT = """\
# {run}

Photographs of {coins} coins, divided into {clusters} clusters without labels and explained coin by coin with
coin-xai {version}. Open `report.html`: it shows the coins of every cluster, where the network saw evidence
for it, and how far either may be trusted.

| file | what it holds |
|---|---|
{rows}

`ro-crate-metadata.json` says the same to machines (RO-Crate 1.1, Process Run Crate 0.5).

Clusters describe these photographs; they are no types. Whether their maps are evidence at all is the first
thing on the page. The photographs belong to whoever holds the coins; ask them before you publish any.
"""


def readme(run: str, names: Collection[str], *, coins: int, clusters: int, version: str) -> str:
    """Return the text of README.md.

    Args:
        run: its name.
        names: of the files in the bundle.
        coins: how many there are.
        clusters: of them.
        version: of coin-xai.
    """
    rows = "\n".join(f"| `{name}` | {says} |" for name, says in CONTENTS.items() if name in names)
    title = run.replace("\\", "\\\\").replace("<", "\\<").replace("[", "\\[").replace("`", "\\`")
    return TEXT.format(run=title, coins=coins, clusters=clusters, version=version, rows=rows)
