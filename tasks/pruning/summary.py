"""What a prune freed, as a table on the Prefect page."""

from functools import partial

from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext

from tasks.pruning.prune import Pruned
from tasks.running.markdown import artifact_key, plain, table
from tasks.running.reports import report

MOST_ROWS = 500


def show(pruned: Pruned, *, dry_run: bool) -> None:
    """Inside a flow run, leave an artifact that says what went and what could not be looked at."""
    if FlowRunContext.get() is not None:
        text, key = summary(pruned, dry_run=dry_run), artifact_key("prune")
        description = "What was freed of the disk and of this server."
        report(key, partial(create_markdown_artifact, text, key=key, description=description))


def summary(pruned: Pruned, *, dry_run: bool) -> str:
    """Return as Markdown what was freed or would be, in MOST_ROWS rows at most, and what was left."""
    rows = [(one.kind, plain(one.where), plain(one.which), megabytes(one.bytes)) for one in pruned.freed]
    parts = [f"# {total(pruned, dry_run=dry_run)}"]
    if rows:
        parts.append(table(["what", "of", "which", "MB"], rows[:MOST_ROWS]))
    if len(rows) > MOST_ROWS:
        parts.append(f"and {len(rows) - MOST_ROWS} more")
    parts += [f"- left alone: {plain(reason)}" for reason in (*pruned.busy, *pruned.failed)]
    return "\n\n".join(parts) + "\n"


def total(pruned: Pruned, *, dry_run: bool) -> str:
    """Return in one line how much went, or would go."""
    return f"{'would free' if dry_run else 'freed'} {megabytes(pruned.bytes)} MB"


def megabytes(size: int | None) -> str:
    """Return a number of bytes in millions; nothing where it is not known."""
    return "" if size is None else f"{size / 1e6:.1f}"
