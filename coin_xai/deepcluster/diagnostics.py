"""What the figures of a training say against its partition, in words that a user can act on."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
"""Figures of an epoch by name, as a row of a table has them; None for what is not known."""

COINS_PER_DIMENSION = 25
LOSS_OF_CHANCE_SHARE = 0.98
LARGEST_SHARE = 0.5
LOWEST_AMI = 0.05
EPOCHS_IN_A_ROW = 3
LOWEST_HEAD_FIT = 0.95


def diagnose(metrics: Sequence[Row], *, n_coins: int, k: int) -> list[str]:
    """Return a sentence for everything that speaks against trusting the partition.

    Args:
        metrics: of all epochs in order, the last clustering at the end.
        n_coins: photographs that were clustered.
        k: clusters asked for.
    """
    last = metrics[-1]
    learnt = [row for row in metrics if row.get("loss") is not None]
    found = []
    dimensions = last["dimensions"]  # none of a graph, nor known of a training made elsewhere
    if dimensions is not None and n_coins / dimensions < COINS_PER_DIMENSION:
        found.append(
            f"{n_coins} coins in {dimensions} PCA dimensions: below {COINS_PER_DIMENSION} coins per "
            "dimension k-means sees mostly noise. Give more photographs or fewer PCA dimensions."
        )
    recent = [row["ami_to_previous"] for row in metrics if row["ami_to_previous"] is not None]
    recent = recent[-EPOCHS_IN_A_ROW:]
    if len(recent) == EPOCHS_IN_A_ROW and max(recent) < LOWEST_AMI:
        found.append(
            f"The partition changed at random in the last {EPOCHS_IN_A_ROW} epochs (AMI to the previous one "
            f"below {LOWEST_AMI}). Try fewer PCA dimensions, fewer clusters or a smaller learning rate."
        )
    if len(learnt) > 1 and learnt[-1]["loss"] > LOSS_OF_CHANCE_SHARE * learnt[-1]["loss_of_chance"]:
        found.append(
            f"The network learns its clusters no better than chance (loss {learnt[-1]['loss']:.2f}, chance "
            f"{learnt[-1]['loss_of_chance']:.2f}). Give more passes per clustering or another learning rate."
        )
    if last["largest_cluster_share"] > LARGEST_SHARE:
        found.append(
            f"One cluster holds {last['largest_cluster_share']:.0%} of the coins. Look for a nuisance that "
            "most photographs share, or choose more clusters."
        )
    if last["empty_clusters"]:
        found.append(f"{last['empty_clusters']} of {k} clusters are empty. Choose a smaller k.")
    if last.get("head_fit") is not None and last["head_fit"] < LOWEST_HEAD_FIT:
        found.append(
            f"The head assigns only {last['head_fit']:.0%} of the coins to their own cluster; the maps of "
            "the others explain a cluster that is not theirs."
        )
    return found + _beside_the_label(metrics)


def _beside_the_label(metrics: Sequence[Row]) -> list[str]:
    """Compare the last partition with two that learnt nothing, where there is a label."""
    last, first = metrics[-1], metrics[0]
    reached = last.get("ami_to_label")
    if reached is None:
        return []
    label = last.get("label") or "the label"  # which older tables do not name
    found = []
    baseline = last.get("baseline_ami_to_label")
    if baseline is not None and reached < baseline:
        found.append(
            f"Histograms of gradients, which learn nothing, agree better with {label} (AMI {baseline:.2f}) "
            f"than these clusters do ({reached:.2f}): what the network found in the coins is something else."
        )
    untrained = first.get("ami_to_label") if first.get("label") == last.get("label") else None
    if len(metrics) > 1 and untrained is not None and reached < untrained:
        found.append(
            f"The clusters agree less with {label} (AMI {reached:.2f}) than before the network learnt "
            f"anything ({untrained:.2f}). Try fewer epochs, a smaller learning rate or initial weights."
        )
    return found
