"""Pictures of the coins that decide claims: as the network is shown them, and with the part hidden."""

from pathlib import Path

import pandas as pd
from PIL import Image

from coin_xai.claims.measurements import Squares, hidden
from coin_xai.claims.options import PartsModel
from coin_xai.claims.verdict import Answers
from tasks.checkpoint import Checkpoint
from tasks.claims.coins import see_coins
from tasks.claims.kept import pictures_of
from tasks.claims.marked import MarkedParts
from tasks.explaining.attribute import network_of
from tasks.explaining.job import ExplanationJob

SIDE_PX = 128
QUALITY = 75


def draw_hidden(
    folder: Path,
    answers: Answers,
    job: ExplanationJob,
    coins: pd.DataFrame,
    model: PartsModel,
    marked: MarkedParts | None = None,
) -> None:
    """Write two pictures for each coin that decides a claim for which something was hidden.

    Args:
        folder: that the answers are written into.
        answers: about the run.
        job: its explanation.
        coins: of the run.
        model: the parts that coins are divided into.
        marked: the parts that a table gives, where the model is `table`.
    """
    asked = [found for found in answers.findings if found.hides is not None]
    chosen = coins[coins["coin_id"].isin({coin for found in asked for coin in found.deciding})]
    if chosen.empty:
        return
    network, options = network_of(Checkpoint.load(job.layout, job.epoch))
    size_px = network.input_size_px
    seen = see_coins(job.layout, chosen, options, size_px=size_px, model=model, marked=marked)
    place = {coin_id: position for position, coin_id in enumerate(chosen["coin_id"])}
    (folder / "pictures").mkdir()
    for found in asked:
        assert found.hides is not None
        for coin_id in found.deciding:
            position = place[coin_id]
            picture = seen.squares[position].transpose(1, 2, 0)
            without = hidden(coin_id, picture, seen.groundwork[position], found.hides, seed=options.seed)
            if without is not None:
                for name, shown in zip(pictures_of(found.number, coin_id), (picture, without), strict=True):
                    _write(folder / name, shown)


def _write(path: Path, picture: Squares) -> None:
    image = Image.fromarray(picture)
    image.thumbnail((SIDE_PX, SIDE_PX))
    image.save(path, format="WEBP", quality=QUALITY, method=2)
