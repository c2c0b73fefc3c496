"""Commands that run a Prefect server, and offer the flows to one."""

from pathlib import Path

import rich_click as click

from flows.command_line.arguments import images_argument
from flows.command_line.terminal import errors
from flows.server import LOOPBACK, PORT, runs_on_server, serve_prefect


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="Of its page.")
def server(port: int) -> None:
    """Run a Prefect server for this machine only; its page shows what the flows do."""
    errors.print(f"other terminals:  export PREFECT_API_URL=http://{LOOPBACK}:{port}/api")
    serve_prefect(port=port)


@click.command()
@images_argument
@click.option("--runs", default="runs", show_default=True, help="A folder, or s3://bucket/folder.")
def serve(images: Path, runs: str) -> None:
    """Offer the flows on IMAGES to the configured Prefect server, and run what it asks for."""
    from flows.deployment import serve_flows

    if not runs_on_server():
        raise click.UsageError("no Prefect server is configured; start one with coin-xai server")
    serve_flows(images, runs)
