"""One explanation of a run, as all tasks that make it know it."""

from dataclasses import dataclass
from pathlib import Path

from coin_xai.attribution.options import ExplanationOptions
from storage import runs
from storage.layout import ExplanationLayout, RunLayout
from tasks.explaining.reuse import Reuse


@dataclass(frozen=True, kw_only=True)
class ExplanationJob:
    """What is explained and how.

    Attributes:
        run: folder of the run.
        fingerprint: of the explanation; it names its folder.
        epoch: of the checkpoint that is explained.
        options: of the explanation.
        reuse: which finished files are trusted.
    """

    run: Path
    fingerprint: str
    epoch: int
    options: ExplanationOptions
    reuse: Reuse = "size"

    @property
    def layout(self) -> RunLayout:
        """The files of the run."""
        return runs.find(self.run)

    @property
    def explanation(self) -> ExplanationLayout:
        """The files of the explanation."""
        return self.layout.explanation(self.fingerprint)
