"""How work is run: steps, progress, failures, logs, reports to a Prefect server."""
