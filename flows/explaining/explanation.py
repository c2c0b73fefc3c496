"""An explanation from end to end: extract, then transform and load by cluster, recognise, ask, publish."""

import logging
from pathlib import Path

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from flows.explaining.shards import explain_here, explain_on_dask, owning
from flows.failures import RunFailedError
from flows.parameters import Work
from storage.errors import NoSpaceError, RunBusyError
from storage.layout import RunLayout
from storage.lock import holding
from tasks.claims.answer import answer_claims
from tasks.claims.marked import read_parts_table
from tasks.collection import shards, training_of
from tasks.explaining.job import ExplanationJob
from tasks.extract import chosen, extract
from tasks.planned import stages_of_explanation
from tasks.publish import publish
from tasks.recognise import recognise
from tasks.running.failures import Failure
from tasks.running.meters import FAILED, count
from tasks.running.progress import conclude, plan
from tasks.running.stage_times import taking_times
from tasks.running.steps import run_step
from tasks.summarise import summarise

log = logging.getLogger(__name__)

# More task runs than this make the graph of a run unreadable and the server slow.
MOST_SHARDS = 80

SECONDS_TO_PUBLISH = 300


def explain_all(
    layout: RunLayout, epoch: int | None, options: ExplanationOptions, work: Work, claims: ClaimsOptions
) -> Path:
    """Explain the clusters of a run on this machine, and publish unless others still work on it.

    Claims are asked once all clusters are explained.

    Returns:
        The folder of the explanation.

    Raises:
        RunFailedError: more clusters failed than allowed; it lists them, and the next run does only those.
    """
    run_folder = layout.root
    plan(stages_of_explanation(training_of(layout), claims=claims.claims is not None))
    if claims.parts_table is not None:
        read_parts_table(claims.parts_table, layout)  # what is wrong with it is told before hours of work
    alone = not (work.clusters or work.dask)
    # Another part may be publishing just now.
    patience_s = 0 if alone else SECONDS_TO_PUBLISH
    with taking_times() as times, times.kept_in(layout):
        with holding(layout.lock, shared=not alone, patience_s=patience_s):
            extracted = run_step(extract, run_folder, epoch=epoch, options=options, alone=alone)
            job = ExplanationJob(
                run=run_folder,
                fingerprint=extracted.fingerprint,
                epoch=extracted.epoch,
                options=options,
                reuse=work.reuse,
            )
            clusters = chosen(extracted, work.clusters)
            parts = shards(job.explanation, clusters, at_most=MOST_SHARDS)
            if work.dask:
                failures = explain_on_dask(job, parts, dask=work.dask)
            else:
                with owning(job.explanation, [] if alone else clusters):
                    failures = explain_here(job, parts)
            count(FAILED, len(failures))
            if alone:
                _publish(job, failures, claims)
        if not alone:
            _publish_if_last(job, failures, claims)
    if len({failure.cluster for failure in failures}) > work.max_failed_clusters:
        raise RunFailedError(failures)
    return job.explanation.root


def _publish(job: ExplanationJob, failures: list[Failure], claims: ClaimsOptions) -> None:
    recognised = run_step(recognise, job)
    unanswered: Exception | None = None
    if claims.claims is not None and recognised is not None:
        try:
            run_step(
                answer_claims,
                [job],
                model=claims.claims,
                symbol=claims.symbol,
                parts_table=claims.parts_table,
            )
        except NoSpaceError:
            raise  # the page would not find any either
        except Exception as error:  # of whatever kind: the page is made all the same, and then it is raised
            log.error("claims could not be answered; the page is made without them")
            unanswered = error
    listed = [(failure.which, failure.reason) for failure in failures]
    shown = run_step(publish, job, failures=listed)
    run_step(summarise, job, failures=listed)
    if unanswered is not None:
        raise unanswered
    if failures:
        conclude(f"ended with failures: {len(failures)}; the same run again does only these")
    else:
        conclude(f"done: {shown.coins} coins in {shown.clusters} clusters, page at {job.explanation.report}")


def _publish_if_last(job: ExplanationJob, failures: list[Failure], claims: ClaimsOptions) -> None:
    try:
        with holding(job.layout.lock):
            _publish(job, failures, claims)
    except RunBusyError:
        log.info("others still explain clusters of this run; who ends last publishes")
