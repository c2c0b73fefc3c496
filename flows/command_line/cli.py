"""The command line: `coin-xai`.

No module of this room imports PyTorch, pandas or Prefect: each command imports what it runs, so that help, a
list of runs or a wrong option costs half a second and not five.
"""

from typing import NoReturn

import rich_click as click

from flows.command_line.compare_command import compare
from flows.command_line.exits import ending_as_by_keyboard, explained_errors
from flows.command_line.experiment_command import experiment
from flows.command_line.flow_commands import backfill, explain, study, train
from flows.command_line.photograph_commands import choose_k, mint
from flows.command_line.place_command import place
from flows.command_line.prune_command import prune
from flows.command_line.run_commands import annotate, claims, consensus, export, report, runs, sanity, verify
from flows.command_line.server_commands import serve, server
from flows.command_line.terminal import logging_to_terminal
from flows.command_line.track_command import track

PANELS = {
    "Start here": (study, mint, runs),
    "Many runs": (experiment, compare, consensus, track),
    "Step by step": (train, explain, choose_k, backfill),
    "A finished run": (report, place, claims, verify, sanity, annotate, export),
    "Operations": (server, serve, prune),
}


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    panels=[
        click.RichCommandPanel(panel, commands=[str(one.name) for one in commands])
        for panel, commands in PANELS.items()
    ],
)
@click.rich_config(
    {
        "max_width": 110,
        "text_markup": None,
        "show_arguments": True,
        "options_table_column_types": ["required", "opt_all", "metavar", "help"],
        "options_table_help_sections": ["help", "default"],
    }
)
@click.version_option(package_name="coin-xai")
@click.option("-v", "--verbose", is_flag=True, help="Print more messages.")
@click.pass_context
def cli(context: click.Context, verbose: bool) -> None:
    """Cluster coin photographs without labels, and show for every coin what the network saw.

    Each run has its own folder. The same command continues an interrupted run and reuses a finished one.
    """
    context.with_resource(logging_to_terminal(verbose=verbose))


for commands in PANELS.values():
    for command in commands:
        cli.add_command(command)


def program() -> NoReturn:
    """Be the program `coin-xai`: run the command line, and leave at once when it has ended."""
    from flows.leaving import leave
    from tasks.running.starting import start

    start()
    try:
        main()
    except SystemExit as stop:
        leave(stop)
    leave()


def main() -> None:
    """Run the command line and turn errors into a sentence and an exit code."""
    with explained_errors(), ending_as_by_keyboard():
        cli(standalone_mode=False)
