"""How a flow shows on Prefect's page: its form, the paths that it takes, and the names of its runs."""
