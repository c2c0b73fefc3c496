"""The backfill flow: finished checkpoints that lack an explanation get it, each once."""

import logging
from pathlib import Path
from typing import NamedTuple

from prefect import flow

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.errors import OptionError
from flows.explain_clusters import explain_clusters
from flows.failures import PartlyFailedError
from flows.forms.absolute import require_absolute
from flows.forms.form import in_form
from flows.parameters import Checkpoints
from storage.errors import DamagedError, MissingError, NoSpaceError, RunBusyError
from storage.layout import RunLayout
from tasks.running.flow_runs import accompanied
from tasks.running.steps import run_step

log = logging.getLogger(__name__)


class Lacking(NamedTuple):
    """What a look at the runs found.

    Attributes:
        looked: how many finished checkpoints were looked at.
        missing: run and epoch of each that has no whole explanation, runs by name, epochs in order.
        failures: pairs of a run that could not be looked at and why.
    """

    looked: int
    missing: list[tuple[RunLayout, int]]
    failures: list[tuple[str, str]]


@in_form("checkpoints", "explanation")
@flow(name="backfill-explanations", flow_run_name="backfill")
@accompanied
def backfill_explanations(
    checkpoints: Checkpoints = Checkpoints(), explanation: ExplanationOptions = ExplanationOptions()
) -> dict[str, int]:
    """Explain the finished checkpoints that have no explanation by these options, one after the other.

    With the usual options it catches up on checkpoints whose event was lost. A run that another process works
    on is left to that process. A checkpoint that fails does not stop the others.

    Args:
        checkpoints: Which runs and checkpoints are looked at.
        explanation: What is shown of every coin beside the usual. An explanation by other options does not
            count.

    Returns:
        How many checkpoints were `looked` at, how many were `explained` now, and how many were left to others
        that work on their runs (`busy`).

    Raises:
        PartlyFailedError: some could not be explained; it names them.
    """
    from tasks.running.progress import conclude

    require_absolute(checkpoints=checkpoints)
    found = lacking(checkpoints, explanation)
    explained, busy, failures = 0, 0, list(found.failures)
    for layout, epoch in found.missing:
        which = f"{layout.root.name}, epoch {epoch}"
        log.info("%s has no explanation by these options; it is explained now", which)
        try:
            _explain(layout, epoch, explanation)
            explained += 1
        except NoSpaceError:
            raise  # it would fail the others too
        except RunBusyError as error:
            log.info("%s is left out this time: %s", which, error)
            busy += 1
        except Exception as error:
            log.exception("%s could not be explained", which)
            failures.append((which, f"{type(error).__name__}: {error}"))
    counts = {"looked": found.looked, "explained": explained, "busy": busy}
    told = (
        f"looked at {found.looked} finished checkpoints: {found.looked - len(found.missing)} had their "
        f"explanation, {explained} explained now, {busy} left to others, {len(failures)} failed"
    )
    log.info("%s", told)
    conclude(told)
    if failures:
        raise PartlyFailedError(failures)
    return counts


def lacking(checkpoints: Checkpoints, options: ExplanationOptions) -> Lacking:
    """Look at runs for finished checkpoints without a whole explanation by some options; nothing is changed.

    Raises:
        OptionError: the runs lie in an object store.
        MissingError: there is no such folder, or no run of one of the names in it.
    """
    from storage.place import is_url
    from storage.runs import list_runs
    from tasks.unexplained import look

    if is_url(checkpoints.runs):
        raise OptionError(
            f"{checkpoints.runs} is an object store, which cannot be searched for what lacks an explanation; "
            f"explain each run by its address: coin-xai explain {checkpoints.runs}/RUN"
        )
    folder = Path(checkpoints.runs)
    if not folder.is_dir():
        raise MissingError(f"{folder} is no folder; name the folder that the runs are kept in")
    runs = {layout.root.name: layout for layout in list_runs(folder)}
    strangers = [name for name in checkpoints.names if name not in runs]
    if strangers:
        raise MissingError(
            f"{folder} holds no run called {', '.join(strangers)}; "
            f"the runs in it: {', '.join(runs) or 'none'}"
        )
    looked, missing, failures = 0, [], []
    for name, layout in runs.items():
        if checkpoints.names and name not in checkpoints.names:
            continue
        try:
            seen = look(layout, options, every_checkpoint=checkpoints.every_checkpoint)
        except Exception as error:  # of whatever kind: one run hides none of the others
            failures.append((name, f"{type(error).__name__}: {error}"))
            continue
        looked += len(seen.epochs)
        missing += [(layout, epoch) for epoch in seen.lacking]
    return Lacking(looked, missing, failures)


def _explain(layout: RunLayout, epoch: int, options: ExplanationOptions) -> None:
    """Explain a checkpoint; where a later one is what `latest` shows, that stays so."""
    from storage.lock import holding
    from storage.manifest import read_origin
    from storage.runs import point_latest_to

    with holding(layout.lock):
        pass  # or a run that others work on would show as a failed explanation
    shown = layout.latest.resolve()
    try:
        later = read_origin(shown)["epoch"] > epoch
    except (MissingError, DamagedError):
        later = False  # nothing is shown yet, or nothing that can be read
    run_step(explain_clusters, layout.root, epoch, options)
    if later:
        with holding(layout.lock):
            point_latest_to(layout, shown)
