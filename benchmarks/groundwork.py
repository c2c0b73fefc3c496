"""How exact is what claims know of a coin before any network is asked, beside the mint's truths?

    python benchmarks/groundwork.py [--seeds 61 63] [--coins 96]

Draws issues of turned coins and prints, for each: by how much the centre of the cross is off, beside the
middle of the flan, in radii of the flan; by how much the angle is off; how relief goes with wear, richness
with the number of symbols, completeness with its truth; and the processor time of one coin.
"""

import argparse
import time

import numpy as np
from scipy.stats import pearsonr, spearmanr

from coin_xai.claims.groundwork import look
from coin_xai.matching.cut_out import cut_out, frame_of
from coin_xai.mint import Issue, draw_coin

TYPES = 10
TURNED_DEG = 8.0


def measured(seed: int, coins: int) -> tuple[dict[str, list[float]], int, float]:
    """Return what is known beside what is true, how many crosses cannot be read, and seconds a coin."""
    issue = Issue(coins=coins, types=TYPES, seed=seed, rotation_spread_deg=TURNED_DEG)
    columns: dict[str, list[float]] = {}
    illegible, seconds = 0, 0.0
    for number in range(1, coins + 1):
        coin = draw_coin(issue, number)
        photograph, truth = coin.photograph, coin.truth
        frame = frame_of(photograph, centre_crop=1.0)
        grey, flan = cut_out(photograph, frame)
        started = time.process_time()
        known = look(255 * grey, flan, "cross")
        seconds += time.process_time() - started
        if known.pose is None:
            illegible += 1
            continue
        height, width = photograph.shape[:2]
        across = (truth.centre_x * width - frame.left) / frame.side
        down = (truth.centre_y * height - frame.top) / frame.side
        row = {
            "centre": np.hypot(known.pose.across - across, known.pose.down - down) / known.pose.radius,
            "middle of the flan": np.hypot(0.5 - across, 0.5 - down) / known.pose.radius,
            "angle": abs((known.angle_deg - truth.rotation_deg + 45) % 90 - 45),
            "relief": known.relief,
            "wear": truth.wear,
            "richness": known.richness,
            "symbols": truth.symbols,
            "completeness": known.completeness,
            "true completeness": truth.completeness,
        }
        for name, value in row.items():
            columns.setdefault(name, []).append(float(value))
    return columns, illegible, seconds / coins


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[61, 63])
    parser.add_argument("--coins", type=int, default=96)
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        known, illegible, seconds = measured(seed, arguments.coins)
        print(f"seed {seed}: {arguments.coins} coins, {illegible} illegible, {1000 * seconds:.0f} ms each")
        for name in ("centre", "middle of the flan", "angle"):
            print(f"  {name}: median {np.median(known[name]):.3f}, 90 % {np.quantile(known[name], 0.9):.3f}")
        print(f"  relief with wear: {spearmanr(known['relief'], known['wear'])[0]:.2f}")
        print(f"  richness with symbols: {pearsonr(known['richness'], known['symbols'])[0]:.2f}")
        agreed = pearsonr(known["completeness"], known["true completeness"])[0]
        print(f"  completeness with its truth: {agreed:.2f}")


if __name__ == "__main__":
    main()
