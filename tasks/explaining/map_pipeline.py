"""Computed: the maps of chunks, one after the other, while the photographs of the next ones are prepared."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.common.device import best_device
from coin_xai.common.prefetch import ahead
from coin_xai.networks import normalise
from storage import checkpoints, runs
from tasks.collection import Chunk, Place, chunks
from tasks.explaining.attribute import columns_of, explainer_of, target_of
from tasks.explaining.reuse import Reuse, may_reuse
from tasks.photographs.outlines import open_shown

BATCH_SIZE = 32

Columns = dict[str, npt.NDArray[np.generic]]
Outcome = tuple[Place, Future[Columns | None]]


class Computed:
    """Computes the maps of the chunks that are not on disk; made by `computing`."""

    def __init__(self, computation: "_Computation", expected: Iterator[Outcome]) -> None:
        self._computation, self._expected = computation, expected
        self._early: Outcome | None = None

    def of(self, chunk: Chunk) -> Columns | None:
        """Return the columns of a chunk, or None if it is on disk.

        Chunks are best asked for in the order that was announced; any other is computed by itself.

        Raises:
            Exception: whatever its photographs or its attribution raised.
        """
        self.compute_next()
        if self._early is not None and self._early[0] == chunk.place:
            _, outcome = self._early
            self._early = None
            return outcome.result()
        with closing(self._computation.outcomes([chunk])) as own:
            return next(own)[1].result()

    def compute_next(self) -> None:
        """Compute the next chunk before it is asked for, unless one waits already."""
        if self._early is None:
            self._early = next(self._expected, None)


@contextmanager
def computing(
    run: Path,
    explanation: str,
    clusters: list[int],
    *,
    epoch: int,
    options: ExplanationOptions,
    reuse: Reuse,
) -> Iterator[Computed]:
    """Yield what computes the maps of some clusters.

    Args:
        run: folder of the run.
        explanation: fingerprint of it.
        clusters: in the order in which their chunks will be asked for.
        epoch: of the checkpoint.
        options: of the explanation.
        reuse: of what is on disk.
    """
    computation = _Computation(run, explanation, epoch, options, reuse)
    files = runs.find(run).explanation(explanation)
    with closing(computation.outcomes(chunks(files, clusters))) as expected:
        yield Computed(computation, expected)


class _Batch(NamedTuple):
    """Some coins of a chunk, none if it is on disk; once prepared, their photographs or what went wrong."""

    chunk: Chunk
    positions: npt.NDArray[np.int64] | None
    photographs: torch.Tensor | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class _Computation:
    """How chunks are computed."""

    run: Path
    explanation: str
    epoch: int
    options: ExplanationOptions
    reuse: Reuse

    def outcomes(self, wanted: Iterable[Chunk]) -> Generator[Outcome, None, None]:
        """Yield what becomes of each chunk, in their order; one that fails does not stop the others."""
        batches = (batch for chunk in wanted for batch in self._batches(chunk))
        with closing(ahead(self._prepared, batches)) as prepared:
            for place, own in groupby(prepared, lambda batch: batch.chunk.place):
                outcome: Future[Columns | None] = Future()
                try:
                    outcome.set_result(self._explained(own))
                except Exception as error:
                    outcome.set_exception(error)
                yield place, outcome

    def _batches(self, chunk: Chunk) -> list[_Batch]:
        folder = runs.find(self.run).explanation(self.explanation).maps(*chunk.place)
        if may_reuse(folder, chunk.fingerprint(self.explanation), self.reuse):
            return [_Batch(chunk, None)]
        count = len(chunk.coins)
        # Of equal length, since each batch, however small, reads the weights of the linear layers anew.
        parts = np.array_split(np.arange(count), max(1, round(count / BATCH_SIZE)))
        return [_Batch(chunk, positions) for positions in parts]

    def _prepared(self, batch: _Batch) -> _Batch:
        if batch.positions is None:
            return batch
        try:
            return batch._replace(photographs=self._photographs(batch.chunk, batch.positions))
        except Exception as error:
            return batch._replace(error=error)

    def _photographs(self, chunk: Chunk, positions: npt.NDArray[np.int64]) -> torch.Tensor:
        layout = runs.find(self.run)
        _, network, options = explainer_of(self.run, self.epoch, checkpoints.hash_of(layout, self.epoch))
        squares = open_shown(layout, chunk.coins, options).centre_squares(
            positions, size_px=network.input_size_px, crop=options.centre_crop
        )
        return normalise(torch.from_numpy(squares).to(best_device()))

    def _explained(self, own: Iterator[_Batch]) -> Columns | None:
        """Return the columns of a chunk from its batches."""
        checkpoint = checkpoints.hash_of(runs.find(self.run), self.epoch)
        parts = []
        for chunk, positions, photographs, error in own:
            if error is not None:
                raise error
            if positions is None or photographs is None:
                return None
            attributor, _, training = explainer_of(self.run, self.epoch, checkpoint)
            methods = self.options.methods_for(training.network)
            target = target_of(self.run, self.epoch, self.options, checkpoint)
            units = torch.tensor(chunk.coins["class_index"].to_numpy()[positions]).to(photographs.device)
            found = attributor.attribute(photographs, units, methods=methods, target=target)
            parts.append(columns_of(found))
        return {name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in parts[0]}
