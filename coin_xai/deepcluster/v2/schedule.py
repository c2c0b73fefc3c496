"""How fast DeepCluster-v2 learns: a linear rise, then a fall along half a cosine."""

import math

from coin_xai.deepcluster.options import TrainingOptions

# Shares of the highest rate to begin and to end with, as published (0.3 and 0.0048 of 4.8).
FIRST_SHARE, LAST_SHARE = 1 / 16, 1 / 1000
RISE_SHARE = 0.05
"""Of the schedule; published are 10 of 400 to 800 epochs, of far more steps each."""


def learning_rate(epochs: float, options: TrainingOptions) -> float:
    """Return the rate after so many epochs, whole and parts; beyond the schedule it stays at the lowest."""
    rise = RISE_SHARE * options.schedule_epochs
    if epochs < rise:
        share = FIRST_SHARE + (1 - FIRST_SHARE) * epochs / rise
    else:
        fallen = min(1.0, (epochs - rise) / (options.schedule_epochs - rise))
        share = LAST_SHARE + (1 - LAST_SHARE) * (1 + math.cos(math.pi * fallen)) / 2
    return options.learning_rate * share
