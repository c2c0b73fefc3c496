"""What frees space: in runs, in the cache of photographs, and on a Prefect server."""
