"""Training on several processes of this machine, which a launcher starts and watches.

This process computes nothing and never touches a GPU. It holds the run, shows how far the training is, and
says why it ended. The processes listen on the loopback interface alone and meet through files.
"""

import logging
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from tempfile import TemporaryDirectory

import torch

from coin_xai import errors as errors_of_science
from storage import errors as errors_of_storage
from tasks.running.failures import RanksFailedError
from tasks.running.progress import expect, stage
from tasks.running.stage_times import times_of
from tasks.training.messages import DONE, LOST, parse
from tasks.training.order import Order, RankOrder

log = logging.getLogger(__name__)

KNOWN = {
    name: kind
    for module in (errors_of_science, errors_of_storage)
    for name, kind in vars(module).items()
    if isinstance(kind, type)
}
"""Errors with which a user can do something, whichever process they are raised in."""

LINES_KEPT = 200
STARTING = "tasks.running.starting"
AGAIN = "the same command goes on after the last checkpoint"


def train_on_ranks(run: Path, order: Order, *, processes: int) -> None:
    """Have a run trained by so many processes, as `tasks.train.train_here` does by itself.

    None of them outlives this call, nor this process, however that ends.

    Args:
        run: folder of the run; its lock is held.
        order: what `train_here` is told.
        processes: how many.

    Raises:
        RanksFailedError: one of them was killed, or failed in a way that nobody expects.
        CoinXaiError, StorageError: what one of them raised.
    """
    with TemporaryDirectory(prefix="coin-xai-", ignore_cleanup_errors=True) as folder:
        asked = RankOrder(order=order, run=run, processes=processes, store=Path(folder) / "processes")
        command = [sys.executable, "-m", STARTING, "tasks.training.launcher", asked.model_dump_json()]
        # Their processors are known once they have ended, to this process and for all their stages together.
        with (
            times_of(f"train on {processes} processes"),
            _running(command, _environment(processes, folder)) as process,
        ):
            error, ends, first, said = _listen(process)
            code = process.wait()
        if code != 0:
            log.debug("the processes said:\n%s", said)
            raise error if error is not None else _why(code, ends, first, said, processes)


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator["Popen[str]"]:
    """Run the launcher; when the block ends, it and all that it has started have ended.

    They hold the reading end of a pipe as standard input, and this process alone the other end. In a session
    of its own the launcher gets no Ctrl-C from the terminal beside this process.
    """
    process = Popen(
        command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, text=True, errors="replace", env=environment,
        start_new_session=True,
    )  # fmt: skip
    lifeline, told = process.stdin, process.stdout
    assert lifeline is not None
    assert told is not None

    def let_go() -> None:
        process.wait()  # killed, it could not end the others
        lifeline.close()

    watcher = threading.Thread(target=let_go, daemon=True)
    watcher.start()
    try:
        yield process
    finally:
        lifeline.close()
        while told.read(1 << 16):  # as long as one of them lives, the pipe is open
            pass
        watcher.join()
        told.close()


def _listen(process: "Popen[str]") -> tuple[Exception | None, list[int], int, str]:
    """Show and log what the processes tell until all have ended.

    Returns:
        The error that one of them told first; the exit code of each and which the launcher saw failed first,
        if it told; the last of what else they said.
    """
    assert process.stdout is not None
    error: Exception | None = None
    ends: list[int] = []
    first = 0
    said: deque[str] = deque(maxlen=LINES_KEPT)
    with ExitStack() as stages:
        advance = None
        for line in process.stdout:
            other, message = parse(line)
            if other:
                said.append(other)
            if message is None:
                continue
            if "log" in message:
                logging.getLogger(message["log"]).log(message["level"], "%s", message["text"])
            elif "stage" in message:
                advance = stages.enter_context(stage(message["stage"], message["total"]))
            elif "expected" in message:
                expect(message["expected"], message["more"])
            elif "done" in message and advance is not None:
                advance(message["done"])
            elif "over" in message:
                stages.close()
            elif "error" in message and error is None:
                error = _error(**message)
            elif "ends" in message:
                ends, first = message["ends"], message["first"]
    return error, ends, first, "\n".join(said)


def _error(*, error: str, reason: str, rank: int, may_pass: bool) -> Exception:
    if error in KNOWN:
        known: Exception = KNOWN[error](reason)
        return known
    return RanksFailedError(
        f"process {rank} of the training failed ({error}: {reason}); {AGAIN}", may_pass=may_pass
    )


def _why(code: int, ends: list[int], first: int, said: str, processes: int) -> RanksFailedError:
    """Say which process ended how, if none could tell."""
    if code < 0:
        return RanksFailedError(
            f"the launcher of the {processes} processes of the training was ended by {_name(code)}; {AGAIN}",
            may_pass=False,
        )
    log.error("the processes of the training said:\n%s", said)
    if not ends:
        return RanksFailedError(
            f"the training's launcher ended with exit code {code}; {AGAIN}", may_pass=False
        )
    # Others that ended miss the first one, or were ended by the launcher.
    by_themselves = [one for one, how in enumerate(ends) if how not in (DONE, LOST, -signal.SIGTERM)]
    rank = by_themselves[0] if by_themselves else first
    how = ends[rank]
    way = f"was ended by {_name(how)}" if how < 0 else f"ended with exit code {how}"
    return RanksFailedError(
        f"process {rank} of the {processes} of the training {way}; {AGAIN}", may_pass=False
    )


def _name(code: int) -> str:
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"{name} (the kernel does so where memory runs out)" if -code == signal.SIGKILL else name


def _environment(processes: int, folder: str) -> dict[str, str]:
    """Return the environment of the launcher and of the processes."""
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    threads = max(1, torch.get_num_threads() // processes)
    ours = str(Path(__file__).parents[2])
    return {
        "OMP_NUM_THREADS": str(threads),
        **os.environ,
        # The very code that asks, whatever lies in the folder that it was started in.
        "PYTHONPATH": os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH")))),
        "PYTHONSAFEPATH": "1",
        "TMPDIR": folder,
        "GLOO_SOCKET_IFNAME": loopback,
        "NCCL_SOCKET_IFNAME": loopback,
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # to look for GPUs would start their driver in the launcher
    }
