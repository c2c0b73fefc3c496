"""How long a cancelled training takes to be gone, and what its worker weighs.

    python benchmarks/cancelling.py [--times 10] [--busy 0]

Starts a Prefect server and a worker of its own, begins a training, cancels it once it has kept a checkpoint,
and so again and again. For each: seconds until its process is gone, seconds until the server says Cancelled,
and the memory of the worker afterwards. `--busy 8` keeps eight loops busy meanwhile.
"""

import argparse
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from typing import TypeVar

ROOT = Path(__file__).parents[1]
BETWEEN_LOOKS_S = 0.05
T = TypeVar("T")


def wait_for(true: Callable[[], T]) -> T:
    """Return what a function returns as soon as that is true."""
    while not (found := true()):
        time.sleep(BETWEEN_LOOKS_S)
    return found


def answers(address: str) -> bool:
    """Tell whether the server is there."""
    with suppress(OSError):
        urllib.request.urlopen(f"{address}/health", timeout=1).close()
        return True
    return False


def megabytes(process: int) -> float:
    """Return what a process holds in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1000


def working_on(run: str) -> bool:
    """Tell whether a process works on a flow run."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"PREFECT__FLOW_RUN_ID={run}".encode() in path.read_bytes():
                return True
    return False


def loop() -> None:
    """Keep a processor busy."""
    while True:
        pass


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"http://127.0.0.1:{port}/api"
        os.environ.update(
            PREFECT_API_URL=address,
            PREFECT_HOME=str(place / "home"),
            PREFECT_SERVER_LOGGING_LEVEL="WARNING",
            COIN_XAI_IMAGES=str(place / "coins"),
            COIN_XAI_RUNS=str(place / "runs"),
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        )

        def start(*command: str) -> subprocess.Popen[bytes]:
            log = stack.enter_context((place / f"{command[0]}.log").open("ab"))
            process = subprocess.Popen([sys.executable, "-m", *command[1:]], cwd=ROOT, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        subprocess.run([sys.executable, "-c", MINT, place / "coins"], check=True, cwd=ROOT)
        start("server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
        wait_for(lambda: answers(address))
        for command in (
            ["work-pool", "create", "coin-xai", "--type", "process"],
            ["deploy", "--all", "--prefect-file", "deployments/prefect.yaml"],
        ):
            subprocess.run(
                [sys.executable, "-m", "prefect", "--no-prompt", *command],
                check=True,
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
            )
        worker = start("worker", "prefect", "worker", "start", "--pool", "coin-xai", "--type", "process")
        for _ in range(options.busy):
            busy = multiprocessing.Process(target=loop, daemon=True)
            busy.start()
            stack.callback(busy.kill)
        print(f"{'process gone':>14} {'Cancelled':>11} {'worker':>9}")
        gone, cancelled = [], []
        for number in range(options.times):
            first, second = cancel(place / "runs" / f"run{number}")
            print(f"{first:>12.1f} s {second:>9.1f} s {megabytes(worker.pid):>6.0f} MB", flush=True)
            gone.append(first)
            cancelled.append(second)
        print(f"medians {median(gone):.1f} and {median(cancelled):.1f} s")
        print(f"most    {max(gone):.1f} and {max(cancelled):.1f} s")


MINT = """
import sys
from pathlib import Path
from coin_xai.mint import Issue
from tasks.photographs.write_drawn_coins import write_drawn_coins

write_drawn_coins(Path(sys.argv[1]), Issue(coins=60, types=3, size_px=128))
"""


def cancel(run_folder: Path) -> tuple[float, float]:
    """Begin a training, cancel it after its first checkpoint, and return the seconds until both events."""
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelling

    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("train-clusters/train")
        run = client.create_flow_run_from_deployment(
            deployment.id,
            parameters={
                "photographs": {"images": os.environ["COIN_XAI_IMAGES"]},
                "training": {"k": 3},  # a step of an AlexNet of full width takes a second and more
                "duration": {"epochs": 1000, "checkpoint_every": 1},
                "place": {"name": run_folder.name},
            },
        )
        wait_for(lambda: list(run_folder.glob("training/checkpoints/*.json")))
        client.set_flow_run_state(run.id, Cancelling())
        begun = time.monotonic()
        wait_for(lambda: not working_on(str(run.id)))
        gone = time.monotonic() - begun
        wait_for(lambda: client.read_flow_run(run.id).state_name == "Cancelled")
        return gone, time.monotonic() - begun


if __name__ == "__main__":
    main()
