"""Free disk and server of what nothing needs any more, by the rules of a `Retention`."""

import time
from datetime import UTC, datetime

from flows.retention import Retention
from flows.server import runs_on_server
from storage.retention import Rule
from tasks.pruning.prune import Pruned, prune
from tasks.pruning.prune_server import prune_server
from tasks.pruning.summary import show
from tasks.running.steps import run_step


def free(retention: Retention) -> Pruned:
    """Free what nothing needs, and return what that was, with what is damaged."""
    rule = rule_of(retention, time.time())
    pruned = run_step(prune, retention.runs, rule, dry_run=retention.dry_run)
    if retention.older_than is not None and runs_on_server():
        before = datetime.fromtimestamp(rule.before, UTC)
        pruned.freed += run_step(prune_server, before, dry_run=retention.dry_run).freed
    show(pruned, dry_run=retention.dry_run)
    return pruned


def rule_of(retention: Retention, now: float) -> Rule:
    """Return the rule for runs at a time (seconds since 1970)."""
    if retention.older_than is None:
        return Rule(retention.keep_last or 1, now)
    return Rule(retention.keep_last or 0, now - retention.older_than.total_seconds())
