"""The flow of many runs: a study for each setting of a file and each seed."""

import logging
from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from flows.forms.absolute import require_absolute
from flows.forms.form import in_form
from flows.parameters import Place
from tasks.running.flow_runs import accompanied
from tasks.running.steps import run_step

log = logging.getLogger(__name__)

ExperimentFile = Annotated[Path, Field(json_schema_extra={"pattern": "^/", "minLength": 1})]


@in_form("file", "place")
@flow(name="experiment", flow_run_name="experiment {file.stem}")
@accompanied
def experiment(file: ExperimentFile, place: Place = Place()) -> list[Path]:
    """Train and explain every setting of an experiment, one after the other; what is done is not done again.

    A setting that fails does not stop the others. Photographs are decoded once, and matched once where
    settings do not differ in how.

    Args:
        file: File of the experiment (TOML), an absolute path as the worker's machine sees it.
        place: What the names of its runs begin with, and where they are kept.

    Returns:
        The folders of the runs, in the order of the file.

    Raises:
        OptionError: the file says what no experiment can have; nothing is trained then.
        PartlyFailedError: some settings failed; it names them.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from flows.experiment_file import read_experiment, settings_of
    from flows.failures import PartlyFailedError
    from flows.study import study
    from storage.errors import NoSpaceError
    from tasks.running.progress import conclude, in_one_view, stage

    require_absolute(file=file, place=place)
    told = read_experiment(file)
    settings = settings_of(told, file=file, name=place.name)
    failures: list[tuple[str, str]] = []
    with in_one_view(), stage("settings", len(settings)) as advance:
        for number, one in enumerate(settings, 1):
            log.info("setting %d of %d: %s", number, len(settings), one.run)
            where = place.model_copy(update={"name": one.run})
            try:
                run_step(study, told.photographs, one.training, one.duration, where, told.explanation)
            except NoSpaceError:
                raise  # it would fail the others too
            except Exception as error:  # of whatever kind: one setting stops none of the others
                log.exception("%s failed", one.run)
                failures.append((one.run, f"{type(error).__name__}: {error}"))
            advance(1)
    conclude(f"done: {len(settings) - len(failures)} of {len(settings)} settings in {place.folder.resolve()}")
    if failures:
        raise PartlyFailedError(failures)
    return [place.folder / one.run for one in settings]
