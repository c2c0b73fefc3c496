"""How the command line ends: an error as a sentence, and the exit code of its kind."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
from rich.markup import escape

from coin_xai.errors import CoinXaiError
from flows.command_line.terminal import errors
from flows.failures import PartlyFailedError, RunFailedError
from storage.errors import MissingError, PlaceError, RunMismatchError, StorageError
from storage.legacy.errors import LegacyError
from tasks.running.failures import RanksFailedError

FAILED, WRONG_USE, INTERRUPTED, TERMINATED = 1, 2, 130, 143


class Terminated(KeyboardInterrupt):
    """Someone asked this process to end by SIGTERM; whatever tidies up after Ctrl-C does so after this."""


@contextmanager
def ending_as_by_keyboard() -> Iterator[None]:
    """Let SIGTERM, by which services and job systems end a process, end it as Ctrl-C does.

    It is for the command line alone. A flow that a worker of Prefect runs is told by Prefect what it means.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn errors that a user can act on into a sentence and an exit code."""
    try:
        yield
    except RunFailedError as error:
        errors.print("[red]finished with failures[/]; the same command does only these again:")
        for failure in error.failures:
            errors.print(f"  {failure.which}: {failure.reason}", markup=False)
        sys.exit(FAILED)
    except PartlyFailedError as error:
        errors.print("[red]finished with failures[/]; the same command does only these again:")
        for which, reason in error.failures:
            errors.print(f"  {which}: {reason}", markup=False)
        if error.done:
            errors.print(error.done, markup=False)
        sys.exit(FAILED)
    except (CoinXaiError, LegacyError, MissingError, PlaceError, RunMismatchError) as error:
        errors.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(WRONG_USE)
    except (StorageError, RanksFailedError) as error:
        errors.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as stop:
        errors.print("stopped; the same command continues")
        # Click raises an exception of its own while it handles what the keyboard raised.
        sys.exit(TERMINATED if Terminated in (type(stop), type(stop.__context__)) else INTERRUPTED)
