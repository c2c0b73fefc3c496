"""What is there of a run, in one line."""

from typing import NamedTuple

from storage import checkpoints, runs
from storage.empty_cells import count_empty_cells
from storage.errors import StorageError
from storage.layout import RunLayout


class Overview(NamedTuple):
    """One line of the list of runs."""

    name: str
    coins: int
    k: int
    epochs: str
    explained: str
    page: str


def overview(layout: RunLayout) -> Overview:
    """Describe a run by what lies in its folder; a damaged one is called so and hides none of the others."""
    try:
        options = runs.read_record(layout)["identity"]["training"]
        coins = count_empty_cells(layout.coins, "error")
    except StorageError as error:
        return Overview(layout.root.name, 0, 0, "damaged", "no", str(error))
    last = checkpoints.latest(layout)
    finished = checkpoints.latest(layout, finished=True)
    epochs = "none" if last is None else f"{last}" if last == finished else f"{last}, unfinished"
    page = layout.latest / "report.html"
    return Overview(
        name=layout.root.name,
        coins=coins,
        k=options["k"],
        epochs=epochs,
        explained="yes" if (layout.latest / "manifest.json").exists() else "no",
        page=str(page) if page.exists() else "",
    )
