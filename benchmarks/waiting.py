"""What it costs that threads soon sleep while they wait for each other, and what it saves beside other work.

    python benchmarks/waiting.py [--rounds 5]

Cells of 160 coins are matched in processes that wait each way, one after the other: alone, and beside two
loops that keep the processors busy. Prints the seconds of each, median and range, and the ratio to the first.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

POLICIES = {
    "soon asleep": {"GOMP_SPINCOUNT": "5000"},
    "asleep at once": {"GOMP_SPINCOUNT": "0"},
    "awake, GNU's default": {"GOMP_SPINCOUNT": "300000"},
}
PROGRAM = """
import sys, time
import numpy as np, torch
from coin_xai.matching.likeness import matching_coins
cells = np.random.default_rng(0).normal(size=(160, 16, 16, 9)).astype(np.float32)
matching_coins(cells, device=torch.device("cpu"))
start = time.perf_counter()
matching_coins(cells, device=torch.device("cpu"))
print(time.perf_counter() - start)
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for busy in (0, 2):
        seconds: dict[str, list[float]] = {policy: [] for policy in POLICIES}
        with busy_loops(busy):
            for _ in range(rounds):
                for policy in POLICIES:
                    seconds[policy].append(matched(policy))
        medians = {policy: statistics.median(found) for policy, found in seconds.items()}
        print(f"beside {busy} busy loops, {os.cpu_count()} processors")
        for policy, found in seconds.items():
            ratio = medians[policy] / medians["soon asleep"]
            print(
                f"  {policy:22}{medians[policy]:8.2f} s  ({min(found):.2f} to {max(found):.2f})  {ratio:.2f}"
            )


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep processors busy for as long as a block lasts."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    time.sleep(0.5 if loops else 0)
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def matched(policy: str) -> float:
    """Return the seconds that matching takes in a process whose threads wait so."""
    environment = {**os.environ, **POLICIES[policy], "OMP_NUM_THREADS": str(os.cpu_count())}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    return float(ran.stdout)


if __name__ == "__main__":
    main()
