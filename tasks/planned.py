"""Which stages a training and an explanation are to go through, as far as options tell it beforehand.

What is there already, or turns out not to be needed, is passed over; what nobody foresees is shown when it
comes.
"""

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.networks.names import ALIGNED

OF_CLAIMS = ("measure for claims", "fit a control", "answer claims")
"""The stages of asking claims; what they rest on comes before."""


def stages_of_training(options: TrainingOptions, *, label: str | None) -> list[str]:
    """Return the names of the stages of a training, in order.

    Args:
        options: of the training, as the user gives them.
        label: what clusters are compared with, if anything.
    """
    aligned = options.network in ALIGNED
    found = ["ingest"]
    if options.matches or aligned:
        found += ["find coins"]
        if options.orientation == "any":
            found += ["look around", "describe all turns", "compare roughly", "compare all turns"]
        found += ["describe coins", "turn coins"]
    elif options.background == "remove":
        found += ["find coins"]
    if options.matches and options.orientation != "any":
        found += ["match parts"]
    if aligned:
        found += ["cut out coins"]
    if label is not None:
        found += ["baseline", "untrained network"]
    if options.matches and options.trainer == "deepcluster":
        found += ["cut clusters"]
    return [*found, "train", "fit head"]


def stages_of_explanation(options: TrainingOptions, *, claims: bool = False) -> list[str]:
    """Return the names of the stages of an explanation, in order.

    Args:
        options: of the training.
        claims: whether claims are asked.
    """
    repeated = ["train without each fold"] if options.repeatable else []
    asked = OF_CLAIMS if claims else ()
    return ["transform", "load", *repeated, "recognise", "measure", *asked, "contrast", "publish"]
