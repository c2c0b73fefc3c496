"""The flow of claims: what may be said of the networks of some runs, and the page that says it."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from coin_xai.claims.options import PartsModel, require_table
from coin_xai.errors import OptionError
from flows.explain_clusters import RunFolder
from flows.forms.absolute import require_absolute
from flows.forms.form import in_form
from tasks.running.flow_runs import accompanied
from tasks.running.steps import run_step

RunFolders = Annotated[tuple[RunFolder, ...], Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]
PartsTable = Annotated[Path, Field(json_schema_extra={"pattern": "^/", "minLength": 1})]


@in_form("run_folders", "parts", "parts_table", "label", "symbol")
@flow(name="claims", flow_run_name="claims of {run_folders[0].name}")
@accompanied
def ask_claims(
    run_folders: RunFolders,
    parts: PartsModel = "cross",
    label: Text | None = None,
    symbol: Text | None = None,
    parts_table: PartsTable | None = None,
) -> Path:
    """Test seven claims about what networks recognise, each beside its controls, and publish the page anew.

    What is measured of a coin is kept, so that a run that was killed goes on.

    Args:
        run_folders: Folders of runs that are explained, absolute paths as the worker's machine sees them, or
            addresses in an object store. All are of the same coins; several that differ in their seed say
            more than one. The answers go to the first.
        parts: What coins are divided into; the bars and cantons of a cross (`cross`), rings (`radial`), or
            the parts that a table marks (`table`).
        label: Column of the table of coins that says which coins are alike; left empty, the one that clusters
            were compared with.
        symbol: What claim 6 is about; left empty, what stands most often in canton 3.
        parts_table: The table that marks parts, one row an area, where coins are divided by it. An absolute
            path, as the machine that does the work sees it.

    Returns:
        The folder of the answers, on this machine.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from storage.lock import holding
    from storage.manifest import read_origin
    from storage.runs import find
    from tasks.claims.answer import answer_claims, latest_job
    from tasks.mirror import local_run, mirrored
    from tasks.planned import OF_CLAIMS
    from tasks.publish import publish
    from tasks.running.progress import conclude, plan
    from tasks.running.stage_times import taking_times
    from tasks.summarise import summarise

    require_absolute(run_folders=run_folders, parts_table=parts_table)
    require_table(parts, parts_table)
    plan([*OF_CLAIMS, "publish"])
    layouts = [find(local_run(folder)) for folder in run_folders]
    twice = [
        root for root, times in Counter(layout.root.resolve() for layout in layouts).items() if times > 1
    ]
    if twice:
        raise OptionError(f"{twice[0]} is given twice: one run says no more the second time")
    with ExitStack() as held:
        for layout in layouts:
            held.enter_context(mirrored(layout))
            held.enter_context(holding(layout.lock))
        times = held.enter_context(taking_times())
        held.enter_context(times.kept_in(layouts[0]))
        jobs = [latest_job(layout.root) for layout in layouts]
        folder = run_step(
            answer_claims, jobs, model=parts, label=label, symbol=symbol, parts_table=parts_table
        )
        failures = [(which, reason) for which, reason in read_origin(jobs[0].explanation.root)["failures"]]
        run_step(publish, jobs[0], failures=failures)
        run_step(summarise, jobs[0], failures=failures)
    conclude(f"done: answers in {folder}, page at {jobs[0].explanation.report}")
    return folder
