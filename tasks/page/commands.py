"""The commands that make a run once more, from what the run has written down."""

from pydantic import BaseModel

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from storage.runs import Identity

WEIGHTS, CHECKPOINT, LOG = "WEIGHTS", "CHECKPOINT", "LOG"
STARTS = {
    "initial_weights": ("--init-weights", WEIGHTS, "the initial weights"),
    "features": ("--features", "VECTORS", "the vectors of the coins"),
    "init_assignments": ("--init-assignments", "CLUSTERS", "the clusters of the coins"),
}
"""What a training may start from, by its name in the identity of a run."""


def commands(
    identity: Identity, options: ExplanationOptions, *, name: str, epoch: int
) -> tuple[list[list[str]], dict[str, str]]:
    """Return the words of each command, and which files to put in the place of words in capitals.

    Args:
        identity: what the run is of, from its record.
        options: of the explanation.
        name: of the run.
        epoch: of the checkpoint that is explained.
    """
    place = ["--name", name]
    how = _arguments(options, ExplanationOptions())
    if "adopted" in identity:
        words = [
            "coin-xai",
            "explain",
            "--checkpoint",
            CHECKPOINT,
            "--cluster-log",
            LOG,
            "--images",
            "IMAGES",
        ]
        files = {CHECKPOINT: "the checkpoint", LOG: "the cluster log"}
        return [[*words, *place, *how]], files
    trained = TrainingOptions.model_validate(identity["training"])
    training = _arguments(trained, TrainingOptions(profile=trained.profile))
    # Said even where they are the usual ones: a reader looks for them first.
    told = ["--profile", trained.profile, "--k", str(trained.k), "--seed", str(trained.seed)]
    rest = _without(training, ("--profile", "--k", "--seed"))
    files = {}
    for kind, (flag, word, what) in STARTS.items():
        digest = identity.get(kind)
        if digest is not None:
            files[word] = f"{what} (fingerprint {digest})"
            rest += [flag, word]
    return [["coin-xai", "study", "IMAGES", *told, *rest, "--epochs", str(epoch), *place, *how]], files


def _arguments(model: BaseModel, usual: BaseModel) -> list[str]:
    """Return the options that turn one model into another; see `flows.command_line.options`."""
    words: list[str] = []
    for name in type(model).model_fields:
        value, before = getattr(model, name), getattr(usual, name)
        flag = name.replace("_", "-")
        if isinstance(value, BaseModel):
            words += _arguments(value, before)
        elif value == before:
            continue
        elif isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, tuple):
            words += [word for entry in value for word in (f"--{flag}", str(entry))]
        else:
            words += [f"--{flag}", str(value)]
    return words


def _without(words: list[str], flags: tuple[str, ...]) -> list[str]:
    left = list(words)
    for flag in flags:
        if flag in left:
            at = left.index(flag)
            del left[at : at + 2]
    return left
