from typing import NamedTuple

import pytest

from storage.layout import ExplanationLayout, RunLayout
from tests.once import made_once


class ExplainedRun(NamedTuple):
    """A run of drawn coins that was explained: its files, and the epoch."""

    layout: RunLayout
    explanation: ExplanationLayout
    epoch: int


@pytest.fixture(scope="session")
def explained_run(tmp_path_factory):
    """The one run that tests only look at: 16 drawn coins with a table, of two epochs."""
    from coin_xai.deepcluster.options import TrainingOptions
    from coin_xai.mint import Issue
    from flows.parameters import Duration, Photographs, Place
    from flows.study import study
    from tasks.photographs.write_drawn_coins import write_drawn_coins

    def make(folder):
        truths = write_drawn_coins(folder / "coins", Issue(coins=16, types=3, seed=7))
        return study.fn(
            Photographs(images=folder / "coins", coins=truths),
            TrainingOptions(k=3, width=1 / 16, batch_size=8),
            Duration(epochs=2),
            Place(runs=folder / "runs", name="test"),
        ).resolve()

    explanation = ExplanationLayout(made_once(tmp_path_factory, "explained", make))
    return ExplainedRun(RunLayout(explanation.root.parent.parent), explanation, 2)
