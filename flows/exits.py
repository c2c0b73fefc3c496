"""How the command line ends: an error as a sentence, and the exit code of its kind."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.markup import escape

from coin_xai.errors import CoinXaiError
from flows.failures import RunFailedError
from flows.terminal import errors
from storage.errors import MissingError, PlaceError, RunMismatchError, StorageError
from storage.legacy import LegacyError
from tasks.failures import RanksFailedError

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130


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
    except (CoinXaiError, LegacyError, MissingError, PlaceError, RunMismatchError) as error:
        errors.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(WRONG_USE)
    except (StorageError, RanksFailedError) as error:
        errors.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        errors.print("stopped; the same command continues")
        sys.exit(INTERRUPTED)
