"""The maps of chunks, one after the other, while the photographs of the next ones are prepared."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.attribution.result import Provenance
from coin_xai.common.device import best_device, fetched, moved
from coin_xai.common.prefetch import prefetch
from coin_xai.networks import normalise
from storage import checkpoints
from tasks.collection import Chunk, Place, chunks, training_of
from tasks.explaining.attribute import ENGINE, columns_of, explainer_of, target_of
from tasks.explaining.job import ExplanationJob
from tasks.explaining.match import match_columns, shown_methods
from tasks.explaining.reuse import may_reuse
from tasks.photographs.outlines import open_shown

BATCH_SIZE, BATCH_OF_SEEN = 32, 8
"""Coins at once; a gradient through a pretrained front keeps some 80 MB a coin."""

Columns = dict[str, npt.NDArray[np.generic]]
Outcome = tuple[Place, Future[Columns | None]]


class MapPipeline:
    """Computes the maps of the chunks that are not on disk; made by `map_pipeline`."""

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
def map_pipeline(job: ExplanationJob, clusters: list[int]) -> Iterator[MapPipeline]:
    """Yield what computes the maps of some clusters.

    Args:
        job: the explanation.
        clusters: in the order in which their chunks will be asked for.
    """
    computation = _Computation(job)
    with closing(computation.outcomes(chunks(job.explanation, clusters))) as expected:
        yield MapPipeline(computation, expected)


class _Batch(NamedTuple):
    """Some coins of a chunk, none if it is on disk; once prepared, their photographs or what went wrong."""

    chunk: Chunk
    positions: npt.NDArray[np.int64] | None
    photographs: torch.Tensor | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class _Computation:
    """How chunks are computed."""

    job: ExplanationJob

    def outcomes(self, wanted: Iterable[Chunk]) -> Generator[Outcome, None, None]:
        """Yield what becomes of each chunk, in their order; one that fails does not stop the others."""
        batches = (batch for chunk in wanted for batch in self._batches(chunk))
        with closing(prefetch(self._prepared, batches)) as prepared:
            for place, own in groupby(prepared, lambda batch: batch.chunk.place):
                outcome: Future[Columns | None] = Future()
                try:
                    outcome.set_result(self._explained(own))
                except Exception as error:
                    outcome.set_exception(error)
                yield place, outcome

    def _batches(self, chunk: Chunk) -> list[_Batch]:
        explanation = self.job.explanation
        if may_reuse(explanation.maps(*chunk.place), chunk.fingerprint(explanation), self.job.reuse):
            return [_Batch(chunk, None)]
        count = len(chunk.coins)
        size = BATCH_SIZE if training_of(self.job.layout).front == "edges" else BATCH_OF_SEEN
        # Of equal length, since each batch, however small, reads the weights of the linear layers anew.
        parts = np.array_split(np.arange(count), max(1, round(count / size)))
        return [_Batch(chunk, positions) for positions in parts]

    def _prepared(self, batch: _Batch) -> _Batch:
        if batch.positions is None:
            return batch
        try:
            return batch._replace(photographs=self._photographs(batch.chunk, batch.positions))
        except Exception as error:
            return batch._replace(error=error)

    def _photographs(self, chunk: Chunk, positions: npt.NDArray[np.int64]) -> torch.Tensor:
        layout, epoch = self.job.layout, self.job.epoch
        _, network, options = explainer_of(self.job.run, epoch, checkpoints.hash_of(layout, epoch))
        squares = open_shown(layout, chunk.coins, options).centre_squares(
            positions, size_px=network.input_size_px, crop=options.centre_crop
        )
        return normalise(moved(squares, best_device()))

    def _explained(self, own: Iterator[_Batch]) -> Columns | None:
        """Return the columns of a chunk from its batches."""
        run, epoch, options = self.job.run, self.job.epoch, self.job.options
        checkpoint = checkpoints.hash_of(self.job.layout, epoch)
        parts, engines = [], []
        for chunk, positions, photographs, error in own:
            if error is not None:
                raise error
            if positions is None or photographs is None:
                return None
            attributor, _, training = explainer_of(run, epoch, checkpoint)
            methods = options.methods_for(training.network)
            target = target_of(run, epoch, options, checkpoint)
            units = torch.tensor(chunk.coins["class_index"].to_numpy()[positions]).to(photographs.device)
            attributions = attributor.attribute(photographs, units, methods=methods, target=target)
            parts.append(columns_of(attributions))
            engines += [_engine(attributions.provenance)] * len(positions)
        columns: Columns = fetched({name: torch.cat([part[name] for part in parts]) for name in parts[0]})
        columns[ENGINE] = np.array(engines, dtype=object)
        if "match" in shown_methods(self.job.layout, options):
            columns |= match_columns(self.job.layout, self.job.explanation, chunk.coins)
        return columns


def _engine(made: Provenance) -> str:
    return f"{made.engine}: {made.engine_reason}" if made.engine_reason else made.engine
