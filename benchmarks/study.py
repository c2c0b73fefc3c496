"""What a study costs, stage by stage, as the run itself has kept it: the budget of all work on speed.

    python benchmarks/study.py [--coins 360] [--types 20] [--size-px 320] [--epochs N] [--threads 1]

Coins are drawn, which is not timed, and `coin-xai study` runs on them in a fresh process with that many
threads of OpenMP and, where `--epochs` does not say otherwise, all options as they are by default. Many
thousand coins are drawn and read sooner where they are small (`--size-px 160`). The rows are those of
`coin-xai runs --times`, and below them what the process took as a whole: what is more than the rows is the
start of Python and of the libraries, and the end.

Where other work uses the machine, seconds by the clock tell little; shares of processor seconds tell where
the work is. The load of the machine before and after is printed beside them.
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coin_xai.mint import Issue
from storage.runs import list_runs
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.running.kept_times import StageTimes, read_times
from tasks.running.stage_times import BETWEEN

PROGRAM = (sys.executable, "-c", "from flows.command_line.cli import program; program()")
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--coins", type=int, default=360)
    parser.add_argument("--types", type=int, default=20)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--size-px", type=int, default=320, help="longer side of the photographs")
    parser.add_argument("--epochs", type=int, help="to train, if not as many as by default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scratch", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        coins, runs = Path(scratch) / "coins", Path(scratch) / "runs"
        write_drawn_coins(
            coins,
            Issue(
                coins=arguments.coins,
                types=arguments.types,
                seed=arguments.seed,
                size_px=arguments.size_px,
            ),
        )
        study = ["study", coins, "--runs", runs, "--k", arguments.types]
        if arguments.epochs is not None:
            study += ["--epochs", arguments.epochs]
        before, begun, used = os.getloadavg()[0], time.monotonic(), processor_seconds()
        call(*study, threads=arguments.threads)
        wall, processor, after = time.monotonic() - begun, processor_seconds() - used, os.getloadavg()[0]
        (run,) = list_runs(runs)
        stages = sorted(read_times(run), key=lambda one: one.stage == BETWEEN)
    print(
        f"{arguments.coins} drawn coins of {arguments.types} types, {arguments.size_px} px; "
        f"{processor_name()}, "
        f"{os.cpu_count()} processors, {arguments.threads} OpenMP threads, load {before:.1f} before and "
        f"{after:.1f} after\n"
    )
    print("| stage | seconds | processor seconds | share | MB of memory | MB written |")
    print("|---|---:|---:|---:|---:|---:|")
    for one in stages:
        print(row(one, processor))
    kept = sum(one.processor_s for one in stages)
    start = wall - sum(one.wall_s for one in stages)
    print(f"| start and end | {start:.1f} | {processor - kept:.1f} | {1 - kept / processor:.0%} | | |")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    written = sum(one.written_bytes or 0 for one in stages)
    print(f"| all | {wall:.1f} | {processor:.1f} | 100% | {peak / 1e6:.0f} | {written / 1e6:.0f} |")


def row(one: StageTimes, whole: float) -> str:
    """Return a line of the table."""
    memory, written = (f"{(count or 0) / 1e6:.0f}" for count in (one.peak_bytes, one.written_bytes))
    share = f"{one.processor_s / whole:.0%}"
    return f"| {one.stage} | {one.wall_s:.1f} | {one.processor_s:.1f} | {share} | {memory} | {written} |"


def call(*arguments: object, threads: int) -> None:
    """Run the command line in a fresh process; what it says goes where this one's errors go."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }
    command = [*PROGRAM, *map(str, arguments)]
    subprocess.run(command, env=environment, stdout=sys.stderr, check=True)


def processor_seconds() -> float:
    """Return what all processes that have ended took of processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def processor_name() -> str:
    """Return what the machine calls its processor, and whether it has vectors of 512 bits."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    found = dict(line.split(":", 1) for line in lines if ":" in line)
    said = {name.strip(): value.strip() for name, value in found.items()}
    wide = "with" if "avx512f" in said.get("flags", "").split() else "without"
    return f"{said.get('model name', platform.machine())} {wide} AVX-512"


if __name__ == "__main__":
    main()
