"""The flow of many runs: a study for each setting of a file and each seed, and what compares them."""

import logging
from pathlib import Path
from typing import Annotated, NamedTuple

from prefect import flow
from pydantic import Field

from flows.forms.absolute import require_absolute
from flows.forms.form import in_form
from flows.parameters import Place
from tasks.running.flow_runs import accompanied
from tasks.running.steps import run_step

log = logging.getLogger(__name__)

ExperimentFile = Annotated[Path, Field(json_schema_extra={"pattern": "^/", "minLength": 1})]


class ComparedRuns(NamedTuple):
    """The runs of an experiment, in the order of its file, and the page that compares them.

    Attributes:
        runs: their folders.
        page: None where there is one run alone, or they lie in an object store.
    """

    runs: list[Path]
    page: Path | None


@in_form("file", "place", "deployment")
@flow(name="experiment", flow_run_name="experiment {file.stem}")
@accompanied
def experiment(file: ExperimentFile, place: Place = Place(), deployment: str = "") -> ComparedRuns:
    """Train and explain every setting of an experiment, and compare the runs.

    What is done is not done again. A setting that fails does not stop the others. Photographs are decoded
    once, and matched once where settings do not differ in how.

    Args:
        file: File of the experiment (TOML), an absolute path as the worker's machine sees it.
        place: What the names of its runs begin with, and where they are kept.
        deployment: Deployment of studies that runs all settings but the first, such as study/study-part, as
            many at once as other workers take. If left out, this flow run does one after the other.

    Raises:
        OptionError: the file says what no experiment can have, and nothing is trained then; or there is no
            such deployment.
        PartlyFailedError: some settings failed; it names them. The others are done and compared.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from flows.experiment_file import parameters_of, read_experiment, settings_of
    from flows.failures import PartlyFailedError
    from flows.on_pool import require_deployment, run_on_pool
    from flows.study import study
    from storage.errors import NoSpaceError
    from storage.place import is_url
    from tasks.comparing.compare import compare
    from tasks.running.progress import conclude, in_one_view, stage

    require_absolute(file=file, place=place)
    told = read_experiment(file)
    settings = settings_of(told, file=file, name=place.name)
    if deployment:
        require_deployment(deployment)
    # The first one ingests and matches; the others take what it has found.
    here, there = (settings[:1], settings[1:]) if deployment else (settings, [])
    failures: list[tuple[str, str]] = []
    with in_one_view(), stage("settings", len(settings)) as advance:
        for number, one in enumerate(here, 1):
            log.info("setting %d of %d: %s", number, len(settings), one.run)
            try:
                run_step(
                    study,
                    told.photographs,
                    one.training,
                    one.duration,
                    place.model_copy(update={"name": one.run}),
                    told.explanation,
                    told.claims,
                )
            except NoSpaceError:
                raise  # it would fail the others too
            except Exception as error:  # of whatever kind: one setting stops none of the others
                log.exception("%s failed", one.run)
                failures.append((one.run, f"{type(error).__name__}: {error}"))
            advance(1)
        if there:
            asked = {one.run: parameters_of(told, one, place=place) for one in there}
            failures += run_on_pool(deployment, asked, ended=lambda: advance(1))
        failed = {which for which, _ in failures}
        runs = [place.folder / one.run for one in settings if one.run not in failed]
        page = None
        if len(runs) > 1 and not is_url(place.runs):  # a store gets runs alone
            try:
                page = run_step(compare, runs, label=settings[0].duration.label)
            except Exception as error:  # else nobody would hear which settings failed
                log.exception("the runs could not be compared")
                failures.append(("the comparison", f"{type(error).__name__}: {error}"))
    found = f"runs in {place.folder.resolve()}" if page is None else f"compared in {page}"
    done = f"done: {len(runs)} of {len(settings)} settings, {found}"
    conclude(done)
    if failures:
        raise PartlyFailedError(failures, done=done)
    return ComparedRuns(runs, page)
